"""The command palette: every action of the key table, with its key."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from workbench.ui.keys import OWN_SCREENS, SCOPES, Key, in_force, with_keys

if TYPE_CHECKING:
    from workbench.ui.screens.pane_screen import PaneScreen


class Actions(Provider):
    """Offers what the panes and the screen can do."""

    async def discover(self) -> Hits:
        """All actions, before anything is typed."""
        for key in _offered(in_force(self.app), self._scopes()):
            yield DiscoveryHit(_title(key), self._run(key), help=self._help(key))

    async def search(self, query: str) -> Hits:
        """The actions whose words match."""
        matcher = self.matcher(query)
        for key in _offered(in_force(self.app), self._scopes()):
            title = with_keys(self.app, _title(key))
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._run(key), help=self._help(key))

    def _scopes(self) -> frozenset[str]:
        """On a screen of its own its actions, on that of the panes all but those."""
        own = frozenset({self.screen.id or ""}) & OWN_SCREENS
        return own or frozenset(SCOPES) - OWN_SCREENS

    def _help(self, key: Key) -> str:
        """The key, and why the action cannot be done now."""
        why_not = getattr(self.screen, "why_not_key", None)
        reason = why_not(key) if why_not is not None else None
        shown = key.shown or "no key"
        return with_keys(self.app, f"{shown}  ✗ not now: {reason}") if reason else shown

    def _run(self, key: Key) -> partial[None]:
        return partial(cast("PaneScreen", self.screen).run_key, key)


def _offered(table: Iterable[Key], scopes: frozenset[str]) -> list[Key]:
    # The same action may stand in the table for the screen and for a pane: once is enough.
    seen: set[str] = set()
    offered = []
    for key in table:
        if key.scope in scopes and key.description not in seen and key.action != "command_palette":
            seen.add(key.description)
            offered.append(key)
    return offered


def _title(key: Key) -> str:
    """Where it belongs and what it does; its short name too, which people know from the footer."""
    where = "" if key.scope in ("screen", "pane") else f"{SCOPES[key.scope]}: "
    name = key.label.rstrip(" …")
    known = name.casefold() in key.description.casefold()
    return f"{where}{key.description}" + ("" if known else f" ({name})")
