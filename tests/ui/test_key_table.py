"""The key table: complete, without conflicts, and true."""

from __future__ import annotations

from collections import Counter

import pytest

from workbench.ui.keys import KEYS, OWN_SCREENS, SCOPES, Key, footer, in_scope
from workbench.ui.panes.event import EventPane
from workbench.ui.panes.functions import FunctionsPane
from workbench.ui.panes.history import HistoryPane
from workbench.ui.panes.logs import LogsPane
from workbench.ui.panes.result import ResultPane
from workbench.ui.panes.triggers import TriggersPane
from workbench.ui.panes.versions import VersionsPane
from workbench.ui.screens.burst import BurstScreen
from workbench.ui.screens.compare import CompareScreen
from workbench.ui.screens.timeline import TimelineScreen
from workbench.ui.screens.workbench import WorkbenchScreen

NODES = (
    {
        pane.scope: pane
        for pane in (
            EventPane,
            FunctionsPane,
            HistoryPane,
            LogsPane,
            ResultPane,
            TriggersPane,
            VersionsPane,
        )
    }
    | {"screen": WorkbenchScreen, "pane": WorkbenchScreen, "timeline": TimelineScreen}
    | {
        "compare": CompareScreen,
        "burst": BurstScreen,
    }
)


def test_ids_are_unique() -> None:
    assert [i for i, n in Counter(key.id for key in KEYS).items() if n > 1] == []


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)
def test_every_action_exists_where_the_table_says(key: Key) -> None:
    assert hasattr(NODES[key.scope], f"action_{key.action.partition('(')[0]}")


@pytest.mark.parametrize("scope", [s for s in SCOPES if s not in ("screen", "pane")])
def test_no_key_means_two_things_in_a_pane(scope: str) -> None:
    others = () if scope in OWN_SCREENS else ("screen", "pane")
    everywhere = Counter(k for key in in_scope(*others) for k in key.keys)
    here = Counter(k for key in in_scope(scope) for k in key.keys)
    assert [k for k, n in (everywhere + here).items() if n > 1] == []


def test_keys_that_terminals_send_for_others_are_not_used() -> None:
    used = {k for key in KEYS for k in key.keys}
    assert not used & {"ctrl+m", "ctrl+h", "ctrl+i"}


@pytest.mark.parametrize("scope", [s for s in SCOPES if s not in ("screen", "pane")])
def test_the_footer_has_at_most_seven_keys_and_ends_with_help(scope: str) -> None:
    pairs = footer(scope, [("ctrl+k", "cancel")])
    assert len(pairs) <= 7
    assert pairs[-1] == ("f1", "help")
