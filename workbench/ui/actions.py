"""The command palette: every action of the key table, with its key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from workbench.ui.keys import KEYS, OWN_SCREENS, SCOPES, Key

if TYPE_CHECKING:
    from workbench.ui.screens.pane_screen import PaneScreen


class Actions(Provider):
    """Offers what the panes and the screen can do."""

    async def discover(self) -> Hits:
        """All actions, before anything is typed."""
        for key in _offered(self._scopes()):
            yield DiscoveryHit(_title(key), self._run(key), help=_help(key))

    async def search(self, query: str) -> Hits:
        """The actions whose words match."""
        matcher = self.matcher(query)
        for key in _offered(self._scopes()):
            title = _title(key)
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._run(key), help=_help(key))

    def _scopes(self) -> frozenset[str]:
        """On a screen of its own its actions, on that of the panes all but those."""
        own = frozenset({self.screen.id or ""}) & OWN_SCREENS
        return own or frozenset(SCOPES) - OWN_SCREENS

    def _run(self, key: Key) -> partial[None]:
        return partial(cast("PaneScreen", self.screen).run_key, key)


def _offered(scopes: frozenset[str]) -> list[Key]:
    # The same action may stand in the table for the screen and for a pane: once is enough.
    seen: set[str] = set()
    offered = []
    for key in KEYS:
        if key.scope in scopes and key.description not in seen and key.action != "command_palette":
            seen.add(key.description)
            offered.append(key)
    return offered


def _title(key: Key) -> str:
    where = "" if key.scope in ("screen", "pane") else f"{SCOPES[key.scope]}: "
    return f"{where}{key.description}"


def _help(key: Key) -> str:
    return key.shown or "no key"
