"""Help for what has focus, made from the key table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.ui.formats import QUIET, STRONG
from workbench.ui.keys import SCOPES, in_force, in_scope, key_of, shown
from workbench.ui.widgets.palette import palette

_MOVES = (
    ("↑ ↓ j k", "Up and down in lists, JSON and logs; g and G to the ends"),
    ("/ n N", "Search or filter; next, previous; esc takes it back"),
    ("enter space", "JSON: fold and unfold; - and = fold and unfold all; p copies the path"),
)


class HelpScreen(ModalScreen[None]):
    """The keys of the pane with focus, of all panes, and those that work everywhere."""

    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 84; max-width: 96%; height: auto; max-height: 94%; padding: 0 2;
        background: $surface; border: round $border; border-subtitle-color: $text-muted;
    }
    HelpScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,question_mark,enter", "close", "Close", show=False, id="help.close"),
        Binding("j", "scroll('down')", "Down", show=False, id="help.down"),
        Binding("k", "scroll('up')", "Up", show=False, id="help.up"),
    ]

    def __init__(self, scope: str, others: Sequence[str] = ("pane", "screen")) -> None:
        super().__init__()
        self._scope = scope
        self._others = others

    def compose(self) -> ComposeResult:
        box = VerticalScroll(Static(self._text()))
        box.border_title = f"Help: {SCOPES[self._scope]}"
        box.border_subtitle = "esc close · ↑↓ scroll"
        yield box

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss(None)

    def action_scroll(self, direction: str) -> None:
        """Scroll by a line."""
        box = self.query_one(VerticalScroll)
        if direction == "down":
            box.scroll_down(animate=False)
        else:
            box.scroll_up(animate=False)

    def _text(self) -> Text:
        colors = palette(self.app.screen)
        text = Text()
        for scope in (self._scope, *self._others):
            text.append(f"{SCOPES[scope]}\n", "bold")
            rows = [
                (" ".join(map(shown, key.keys)), key.description)
                for key in in_scope(scope, table=in_force(self.app))
                if key.keys
            ]
            for keys, description in [*rows, *(_MOVES if scope == "pane" else ())]:
                text.append(f"  {keys:<18}", colors[STRONG])
                text.append(f"{description}\n")
            text.append("\n")
        palette_key = key_of(self.app, "screen.command_palette")
        text.append(f"{palette_key} lists every action and runs it.", colors[QUIET])
        return text
