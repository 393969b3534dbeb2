"""What stands below the event: whether it is JSON, where the cursor is, what will be made."""

from __future__ import annotations

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from workbench.project.events.values import Made
from workbench.ui.keys import key_of
from workbench.ui.widgets.json_fault import Fault

_MADE_LINES = 3


class EventFoot(Vertical):
    """One line for the text, and one for each of the first values made at each invocation."""

    DEFAULT_CSS = """
    EventFoot { height: auto; max-height: 6; padding: 0 1; color: $text-muted; }
    EventFoot > Horizontal { height: auto; max-height: 2; }
    EventFoot #validity { width: auto; max-width: 100%; height: auto; max-height: 2; }
    EventFoot #validity.-wrong { color: $text-error; }
    EventFoot #made { height: auto; max-height: 4; text-wrap: nowrap; text-overflow: ellipsis; }
    EventFoot #made.-wrong { color: $text-error; text-wrap: wrap; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._fault: Fault | None = None
        self._parts = 0
        self._typing = False
        self._validity = Static("", id="validity", markup=False)
        self._place = _Place()
        self._made = Static("", id="made", markup=False)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._validity
            yield self._place
        yield self._made

    def on_mount(self) -> None:
        self._made.display = False

    def show_fault(self, fault: Fault | None) -> None:
        """Say that the text is JSON, or what is wrong with it and how to mend it."""
        self._fault = fault
        self._tell()

    def show_parts(self, count: int) -> None:
        """Say how many parts of the event can be decoded."""
        self._parts = count
        self._tell()

    def show_typing(self, typing: bool) -> None:
        """Whether the editor has the focus: then `d` is a letter, and esc comes first."""
        self._typing = typing
        self._tell()

    def _tell(self) -> None:
        words = "✓ valid JSON"
        if self._parts:
            key = key_of(self.app, "event.decoded")
            keys = f"esc {key}" if self._typing else key
            words += f" · {keys} decodes {self._parts} part{'s' if self._parts > 1 else ''}"
        self._validity.update(f"✗ {self._fault}" if self._fault else words)
        self._validity.set_class(self._fault is not None, "-wrong")
        self._place.display = self._fault is None

    def show_place(self, path: str) -> None:
        """Show the path of what the cursor is in."""
        self._place.path = path
        self._place.refresh()

    def show_made(self, made: tuple[Made, ...], wrong: str = "") -> None:
        """Show the values as they will be sent, or why one cannot be made; () shows nothing."""
        lines = [f"{each.placeholder} → {each.value}" for each in made[:_MADE_LINES]]
        if len(made) > _MADE_LINES:
            key = key_of(self.app, "event.view_sent")
            lines.append(f"… {len(made) - _MADE_LINES} more: {key} shows the event as it is sent")
        self._made.update(f"✗ {wrong}" if wrong else "\n".join(lines))
        self._made.set_class(bool(wrong), "-wrong")
        self._made.display = bool(lines or wrong)


class _Place(Widget):
    """A path at the right; of a longer one the end is what one looks for."""

    DEFAULT_CSS = "_Place { height: 1; width: 1fr; text-align: right; text-wrap: nowrap; }"

    def __init__(self) -> None:
        super().__init__()
        self.path = ""

    def render(self) -> RenderResult:
        room = self.size.width - 2
        path = self.path if len(self.path) <= room else f"…{self.path[-max(0, room - 1) :]}"
        return Content(path if room > 3 else "")
