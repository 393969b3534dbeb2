"""Where aliases led, as it is kept in the project."""

from __future__ import annotations

import time
from pathlib import Path

from workbench.aws.deploying.alias_history import DELETED, SEEN, AliasHistory, version_before
from workbench.aws.records import Alias


def alias(version: str, name: str = "live", **weights: float) -> Alias:
    weighted = {name.lstrip("v"): share for name, share in weights.items()}
    return Alias(name, "arn", version, weights=weighted)


def test_changes_from_here_and_those_of_others(tmp_path: Path) -> None:
    history = AliasHistory(tmp_path)
    assert history.of("local", "Echo") == []
    history.change("local", "Echo", alias("1"), "created")
    history.see("local", "Echo", [alias("1"), alias("7", "beta")], time.time())
    history.see("local", "Echo", [alias("1"), alias("7", "beta")], time.time())
    history.change("local", "Echo", alias("1", v2=0.1), "weighted")
    history.see("local", "Echo", [alias("2")], time.time())
    history.change("aws:1:eu-west-1", "Echo", alias("5"), "moved")
    live = history.of("local", "Echo", "live")
    assert [(state.version, dict(state.weights), state.how) for state in live] == [
        ("2", {}, SEEN), ("1", {"2": 0.1}, "weighted"), ("1", {}, "created"),
    ]  # fmt: skip
    beta = history.of("local", "Echo", "beta")
    assert [state.version for state in beta] == [DELETED, "7"]
    states = history.of("local", "Echo")
    assert version_before(states, alias("2")) == "1"
    assert version_before(states, alias("1")) == "2"
    assert version_before(states, alias("7", "beta")) is None
    with (tmp_path / ".workbench" / "aliases.jsonl").open("a") as file:
        file.write('{"time": 1')
    assert history.of("local", "Echo", "live") == live


def test_who_made_a_change_counts_more_than_who_saw_it(tmp_path: Path) -> None:
    history = AliasHistory(tmp_path)
    history.see("local", "Echo", [alias("2")], time.time())  # read between the change and its line
    history.change("local", "Echo", alias("2"), "moved")
    history.change("local", "Echo", alias("2"), "moved")
    assert [state.how for state in history.of("local", "Echo")] == ["moved"]


def test_what_was_read_before_a_change_is_not_seen_after_it(tmp_path: Path) -> None:
    history, began = AliasHistory(tmp_path), time.time()
    history.change("local", "Echo", alias("1"), "created")
    history.change("local", "Echo", alias("2"), "moved")
    history.see("local", "Echo", [alias("1")], began)
    history.see("local", "Echo", [], began)
    assert [state.how for state in history.of("local", "Echo")] == ["moved", "created"]
