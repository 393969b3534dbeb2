"""The log database: what is appended is read, in order, and within its bound."""

from __future__ import annotations

import time
from pathlib import Path

from workbench.local.store.logs import LogStore


def test_what_was_appended_is_there_after_opening_again(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "logs.db", group_bytes=1 << 20)
    store.append("g", "s", [(2, "b\n"), (3, "c\n")])
    store.append("g", "t", [(1, "a\n")])
    store.close()
    store = LogStore(tmp_path / "logs.db", group_bytes=1 << 20)
    try:
        events = store.events(store.streams("g"))
        assert [(event.stream, event.message) for event in events] == [
            ("t", "a\n"),
            ("s", "b\n"),
            ("s", "c\n"),
        ]
        stream = store.stream("g", "s")
        assert stream is not None and (stream.first, stream.last) == (2, 3)
    finally:
        store.close()


def test_a_group_keeps_its_newest_events(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "logs.db", group_bytes=100_000)
    try:
        for number in range(50):
            store.append("full", "s", [(number * 100 + n, "x" * 74) for n in range(100)])
            store.append("other", "s", [(number, "kept")])
            store.flush()
        stored = {group.name: group.stored for group in store.groups()}
        assert 80_000 < stored["full"] <= 100_000
        assert len(store.events(store.streams("other"))) == 50
        kept = store.events(store.streams("full"))
        assert kept[-1].timestamp == 4999 and len(kept) * 100 == stored["full"]
    finally:
        store.close()


def test_subscribers_hear_at_once(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "logs.db", group_bytes=1 << 20)
    heard: list[object] = []
    try:
        leave = store.subscribe(lambda group, stream, events: heard.append((group, stream)))
        store.append("g", "s", [(1, "a")])
        leave()
        store.append("g", "s", [(1, "a")])
        assert heard == [("g", "s")]
    finally:
        store.close()


def test_events_older_than_the_retention_go(tmp_path: Path) -> None:
    now, day = int(time.time() * 1000), 24 * 3600 * 1000
    for group in ("short", "long"):
        store = LogStore(tmp_path / "logs.db", group_bytes=1 << 20)
        store.append(group, "s", [(now - 2 * day, "old"), (now, "new")])
        store.set_retention(group, 1 if group == "short" else None)
        store.close()
    # Looked for when something is written, by a writer that has not looked for an hour.
    store = LogStore(tmp_path / "logs.db", group_bytes=1 << 20)
    try:
        store.append("other", "s", [(now, "x")])
        kept = {name: store.events(store.streams(name)) for name in ("short", "long")}
        assert [event.message for event in kept["short"]] == ["new"]
        assert len(kept["long"]) == 2
        stored = {group.name: group.stored for group in store.groups()}
        assert stored == {"short": 29, "long": 58, "other": 27}
    finally:
        store.close()
