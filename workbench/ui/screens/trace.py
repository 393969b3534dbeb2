"""A trace of X-Ray's as a waterfall: where the time of an invocation went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from workbench.aws.traces.waterfall import waterfall
from workbench.ui import work
from workbench.ui.formats import BAD, clock
from workbench.ui.keys import with_keys
from workbench.ui.widgets.key_names import hint
from workbench.ui.widgets.modal import Modal
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe
from workbench.ui.work import Failed, Job, in_thread

if TYPE_CHECKING:
    from workbench.aws.traces.traces import Trace
    from workbench.ui.backend import Backend

_LEAST = 60
_FAILED = ("! ", "fault", "error", "throttled")


class TraceScreen(Modal[None]):
    """Shows one trace. r asks X-Ray again: segments come a moment after the answer."""

    DEFAULT_CSS = """
    TraceScreen { align: center middle; }
    TraceScreen > Vertical {
        width: 96%; height: 80%; background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    TraceScreen VerticalScroll { padding: 0 1; }
    TraceScreen Static { height: auto; width: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", show=False, id="trace.close"),
        Binding("r", "ask", "Read the trace again", show=False, id="trace.ask"),
        Binding("y", "copy", "Copy", show=False, id="trace.copy"),
        Binding("j", "scroll(1)", "Down", show=False, id="trace.down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="trace.up"),
    ]

    @dataclass
    class Came(Message):
        """X-Ray's answer; None when it has no segment of the trace."""

        trace: Trace | None

    def __init__(self, backend: Backend, trace_id: str) -> None:
        super().__init__()
        self._backend = backend
        self._trace_id = trace_id
        self._trace: Trace | None = None

    def compose(self) -> ComposeResult:
        box = Vertical(VerticalScroll(Static("Asking X-Ray …", markup=False)))
        box.border_title = Content(f"Trace {self._trace_id}")
        box.border_subtitle = with_keys(
            self.app, "<trace.ask> ask again · <trace.copy> copy · <trace.close> close"
        )
        yield box

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self.action_ask()

    def on_unmount(self) -> None:
        work.stop(self)

    def action_ask(self) -> None:
        """Ask X-Ray for the trace."""
        in_thread(self, "trace", self._ask)

    def _ask(self, job: Job) -> Message:
        return self.Came(self._backend.trace(self._trace_id))

    @on(Came)
    def _came(self, message: Came) -> None:
        self._trace = message.trace
        self._show()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        message.stop()
        self.query_one(Static).update(f"✗ {message.sentence}")

    def on_resize(self, event: events.Resize) -> None:
        """The bars take the room there is."""
        self._show()

    def _lines(self) -> list[str]:
        width = self.query_one(VerticalScroll).scrollable_content_region.width
        return [] if self._trace is None else waterfall(self._trace, max(_LEAST, width))

    def _show(self) -> None:
        content = self.query_one(Static)
        if self._trace is None:
            content.update(
                "X-Ray has no segment of this trace yet: they come some seconds after the answer "
                "on AWS, at once here.\n\n" + with_keys(self.app, "<trace.ask> asks again.")
            )
            return
        begun = min(root.start for root in self._trace.roots)
        title = f"Trace {self._trace_id}, begun {clock(begun)}"
        self.query_one(Vertical).border_title = Content(title)
        bad = palette(self)[BAD]
        text = Text("\n").join(
            Text(safe(line), style=bad if line.lstrip().startswith(_FAILED) else "")
            for line in self._lines()
        )
        content.update(text)

    def action_scroll(self, lines: int) -> None:
        """Scroll by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """Copy the waterfall as text."""
        self.app.copy_to_clipboard("\n".join(self._lines()))
        self.query_one(Vertical).border_subtitle = Content(
            hint(self, "copied", "<trace.close> close")
        )

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)
