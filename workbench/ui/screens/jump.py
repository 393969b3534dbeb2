"""Jump mode: a letter on every place the focus can go to."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import Static


class JumpScreen(ModalScreen[str | None]):
    """Shows `places` (key, region on the screen); the answer is the key, if it is one of `keys`.

    There may be more keys than places: panes behind a tab have no region.
    """

    CSS = """
    JumpScreen { background: $background 40%; layers: labels; }
    JumpScreen > Static {
        layer: labels; position: absolute; width: auto; height: 1;
        background: $background; color: $accent; text-style: bold reverse;
    }
    """

    def __init__(self, places: Sequence[tuple[str, Region]], keys: str) -> None:
        super().__init__()
        self._places = dict(places)
        self._keys = set(keys)

    def compose(self) -> ComposeResult:
        for key, region in self._places.items():
            label = Static(f" {key} ", markup=False)
            label.styles.offset = (region.x + 1, region.y)
            yield label
        behind = "".join(sorted(self._keys - self._places.keys()))
        words = f" · {behind[0]}–{behind[-1]} to what is behind" if behind else ""
        hint = Static(f" a key goes there{words} · esc stays here ", markup=False)
        hint.styles.offset = (2, max(0, self.app.size.height - 2))
        yield hint

    def on_key(self, event: events.Key) -> None:
        """Any key ends it."""
        event.stop()
        self.dismiss(event.character if event.character in self._keys else None)

    def on_click(self) -> None:
        """A click ends it too."""
        self.dismiss(None)
