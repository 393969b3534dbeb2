"""How often lines that keep coming are painted: keys go first, and nobody reads a flood."""

from __future__ import annotations

from workbench.ui import responsive

_FLOOD_S = 0.2
"""Between two paintings of more lines than there is room for."""

_KEY_S = 0.15
"""So long after a key they wait: another may follow, whose answer a painting would hold up …"""

_MOST_S = 0.5
"""… but who goes on typing sees that lines come."""


class Pace:
    """Tells when to paint, by the clock of `responsive.now`."""

    def __init__(self) -> None:
        self._painted = 0.0
        self._unseen = 0

    @property
    def is_behind(self) -> bool:
        """Have lines come that were not painted?"""
        return self._unseen > 0

    def come(self, lines: int) -> None:
        """So many lines have come."""
        self._unseen += lines

    def painted(self) -> None:
        """All that have come are painted."""
        self._painted, self._unseen = responsive.now(), 0

    def is_due(self, room: int) -> bool:
        """Is it time to paint? At once, when what has come since is not more than `room` lines."""
        now = responsive.now()
        since = now - self._painted
        if self._unseen <= room or since >= _MOST_S:
            return True
        return since >= _FLOOD_S and now - responsive.last_key() >= _KEY_S
