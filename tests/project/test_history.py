"""The invocation history: durable, bounded, shared by several processes."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from workbench.project import history as history_module
from workbench.project.history import Entry, History, HistoryError, Summary


def entry(function: str = "Hello", **values: Any) -> Entry:
    defaults: dict[str, Any] = {
        "target": "local",
        "function": function,
        "request_id": "r-1",
        "started": 1700000000.25,
        "event": b"{}",
        "payload": b"null",
    }
    return Entry(**{**defaults, **values})


def test_an_entry_comes_back_whole_after_a_restart(tmp_path: Path) -> None:
    full = entry(
        qualifier="live",
        executed_version="3",
        invocation_type="Event",
        source="aws:sqs",
        status_code=200,
        function_error="Unhandled",
        error_type="KeyError",
        error_message="'id'",
        duration_ms=1.25,
        billed_ms=2,
        init_ms=30.5,
        memory_size=128,
        max_memory_used=40,
        event=b'{"a":1}' * 2000,
        payload=bytes(range(256)),
        log_text="START …\nEND\n" * 1000,
    )
    first = History(tmp_path / "history.db")
    number = first.add(full)
    first.close()
    again = History(tmp_path / "history.db")
    kept = again.get(number)
    assert (kept.event, kept.payload, kept.log_text) == (full.event, full.payload, full.log_text)
    assert kept.id == number
    for name in Summary.__dataclass_fields__:
        if name != "id":
            assert getattr(kept, name) == getattr(full, name), name
    assert again.add(full) > number
    again.close()


def test_large_bodies_are_compressed_on_disk(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    history.add(entry(payload=b"x" * 6_000_000))
    history.close()
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) < 300_000


def test_recent_pages_back_in_time_by_target_and_function(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    ids = history.add_many([entry("A"), entry("B"), entry("A"), entry("A", target="aws:1:eu")])
    assert [s.id for s in history.recent("local")] == [ids[2], ids[1], ids[0]]
    assert [s.id for s in history.recent("local", "A", limit=1)] == [ids[2]]
    assert [s.id for s in history.recent("local", "A", before_id=ids[2])] == [ids[0]]
    assert history.count("local") == 3
    assert history.count("local", "A") == 2
    assert history.count("aws:1:eu") == 1
    assert type(history.recent("local")[0]) is Summary
    history.close()


def test_last_results_are_the_newest_of_each_function(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    history.add_many([entry("A", error_type="Old"), entry("B"), entry("A", error_type="New")])
    results = history.last_results("local")
    assert {name: s.error_type for name, s in results.items()} == {"A": "New", "B": None}
    history.close()


def test_the_oldest_go_when_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "MAX_ENTRIES", 50)
    monkeypatch.setattr(history_module, "_PRUNE_AFTER_ENTRIES", 10)
    history = History(tmp_path / "history.db")
    ids = [history.add(entry()) for _ in range(120)]
    assert history.count("local") == 50
    assert history.get(ids[70]).id == ids[70]
    with pytest.raises(HistoryError, match="no longer in the history"):
        history.get(ids[69])
    history.close()


def test_the_oldest_go_when_they_are_too_big(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "MAX_BYTES", 30_000)
    monkeypatch.setattr(history_module, "_PRUNE_AFTER_ENTRIES", 1)
    history = History(tmp_path / "history.db")
    ids = history.add_many([entry(payload=b"x" * 4000) for _ in range(20)])
    assert [s.id for s in history.recent("local")] == ids[:-8:-1]
    history.close()


def test_processes_and_threads_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    program = (
        "import sys; from pathlib import Path; from workbench.project.history import *\n"
        "h = History(Path(sys.argv[1]))\n"
        "for _ in range(100):\n"
        "    h.add(Entry(target='local', function='P', request_id='r', started=0.0))\n"
        "h.close()\n"
    )
    others = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(3)]
    history = History(path)

    def write() -> None:
        for _ in range(20):
            history.add_many([entry("T")] * 10)
            history.recent("local")

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait(60) for other in others] == [0, 0, 0]
    assert history.count("local", "P") == 300
    assert history.count("local", "T") == 600
    history.close()


def test_a_failed_batch_leaves_nothing_behind(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    with pytest.raises(HistoryError):
        history.add_many([entry(), entry(request_id=None)])
    assert history.count("local") == 0
    history.add(entry())
    assert history.count("local") == 1
    history.close()


def test_a_damaged_file_is_an_error_in_words(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(b"this is not a database" * 500)
    with pytest.raises(HistoryError, match=r"is damaged .* move it away"):
        History(path)


def test_a_locked_file_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "_WAIT_S", 0.05)
    history = History(tmp_path / "history.db")
    other = sqlite3.connect(tmp_path / "history.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HistoryError, match="locked by another program"):
        history.add(entry())
    other.execute("ROLLBACK")
    other.close()
    history.add(entry())
    history.close()


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "history.db")
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(HistoryError, match="newer workbench"):
        History(tmp_path / "history.db")


def test_a_folder_in_the_way_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="cannot be used"):
        History(tmp_path)


def test_a_file_of_an_earlier_version_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    new = History(path)
    columns = ("architecture", "ephemeral_storage", "trace_id")
    new.add(entry(billed_ms=100, memory_size=1024))
    new.close()
    with sqlite3.connect(path) as db:
        for column in columns:
            db.execute(f"ALTER TABLE invocation DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 1")
    db.close()
    history = History(path)
    history.add(entry(billed_ms=100, memory_size=1024, architecture="arm64", trace_id="1-2-3"))
    newer, older = history.recent("local")
    assert (newer.trace_id, older.trace_id) == ("1-2-3", None)
    assert newer.cost is not None and older.cost is not None
    assert newer.cost.total < older.cost.total
    assert entry().cost is None
    history.close()
