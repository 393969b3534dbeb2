"""Where an alias leads, set by the arrow keys: two versions and a bar for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from workbench.aws.records import Alias
from workbench.ui.formats import QUIET, STRONG, bar, routes
from workbench.ui.widgets.key_names import hint
from workbench.ui.widgets.modal import Modal
from workbench.ui.widgets.palette import palette

_WIDEST = 40


class WeightScreen(Modal[tuple[str, int] | None]):
    """Asks for a second version and its percentage; the first one has the rest.

    ``versions`` are the numbers that can be the second. 0 takes it away, 100 moves the alias.
    """

    DEFAULT_CSS = """
    WeightScreen { align: center middle; }
    WeightScreen > Vertical {
        width: 66; max-width: 94%; height: auto; background: $surface; border: round $border;
        padding: 1 2; border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    WeightScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,plus", "more(5)", "5 % more", show=False, id="weight.more"),
        Binding("left,minus", "more(-5)", "5 % less", show=False, id="weight.less"),
        Binding("shift+right", "more(1)", "1 % more", show=False, id="weight.bit-more"),
        Binding("shift+left", "more(-1)", "1 % less", show=False, id="weight.bit-less"),
        Binding(
            "home,g",
            "more(-100)",
            "All to the first",
            show=False,
            id="weight.none",
        ),
        Binding(
            "end,G",
            "more(100)",
            "All to the second",
            show=False,
            id="weight.all",
        ),
        Binding("up,k", "version(-1)", "A newer second version", show=False, id="weight.newer"),
        Binding("down,j", "version(1)", "An older second version", show=False, id="weight.older"),
        Binding(
            "enter,ctrl+j", "set", "Set this share", show=False, priority=True, id="weight.set"
        ),
        Binding("escape,q", "give_up", "Cancel", show=False, id="weight.cancel"),
    ]

    def __init__(self, alias: Alias, versions: Sequence[str], second: str) -> None:
        super().__init__()
        self._alias = alias
        self._versions = list(versions)
        self.second = second
        self.percent = round(alias.weights.get(second, 0.1) * 100)
        self._text = Static("")
        self._text.can_focus = True

    def compose(self) -> ComposeResult:
        frame = Vertical(self._text)
        frame.border_title = Content(f"Weight of {self._alias.name}")
        frame.border_subtitle = Content(
            hint(
                self,
                "<weight.less><weight.more> share",
                "<weight.newer><weight.older> version",
                "<weight.set> set",
                "<weight.cancel> cancel",
            )
        )
        yield frame

    def on_mount(self) -> None:
        self._text.focus()
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """The bars follow the width."""
        self.call_after_refresh(self._show)

    def action_more(self, percent: int) -> None:
        """Give the second version more, or less."""
        self.percent = max(0, min(100, self.percent + percent))
        self._show()

    def action_version(self, step: int) -> None:
        """Take another version as the second."""
        at = self._versions.index(self.second) + step
        self.second = self._versions[max(0, min(at, len(self._versions) - 1))]
        self._show()

    def action_set(self) -> None:
        """Answer with what is shown."""
        self.dismiss((self.second, self.percent))

    def action_give_up(self) -> None:
        """Change nothing."""
        self.dismiss(None)

    def _show(self) -> None:
        colors = palette(self)
        first = self._alias.function_version
        width = max(10, min(_WIDEST, self._text.size.width - 14))
        text = Text()
        for version, percent in ((first, 100 - self.percent), (self.second, self.percent)):
            text.append(f"{'v' + version:>5} ", "bold" if version == self.second else "")
            text.append(bar(percent / 100, width), colors[STRONG])
            text.append(f" {percent:>3}%\n")
        text.append("\n")
        text.append(f"Now {routes(self._alias)}. ", colors[QUIET])
        if self.percent == 100:
            text.append(f"This moves {self._alias.name} to v{self.second}.", colors[QUIET])
        elif self.percent == 0:
            text.append(f"This gives v{first} everything.", colors[QUIET])
        else:
            bit = "<weight.bit-less> <weight.bit-more> 1%"
            words = hint(self, bit, "<weight.none> none", "<weight.all> all")
            text.append(words, colors[QUIET])
        self._text.update(text)
