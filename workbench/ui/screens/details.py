"""All that is known of a function: configuration, variables, who invokes it, its role, metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from workbench.ui.backend import Backend
from workbench.ui.formats import QUIET, STRONG, WARN, milliseconds
from workbench.ui.keys import key_of, pairs_of
from workbench.ui.status import Status
from workbench.ui.trends import SHOWN, trend_lines
from workbench.ui.widgets.modal import Modal
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe
from workbench.ui.widgets.sparks import sparkline
from workbench.ui.widgets.status_bar import KeyFooter
from workbench.ui.work import Failed, Job, dialog, in_thread
from workbench.ui.work import stop as stop_jobs

if TYPE_CHECKING:
    from workbench.aws.concurrency import FunctionConcurrency
    from workbench.aws.metrics.metric_series import Series

_SECTIONS = {
    "configuration": "Configuration",
    "environment": "Environment",
    "triggers": "What invokes it",
    "role": "Execution role",
    "recent": "Its last invocations from here",
    "metrics": "Metrics",
    "concurrency": "Concurrency",
    "asynchronous": "Asynchronous events, when they fail",
}
_SPANS = (("3 hours", 300, 36), ("24 hours", 1800, 48), ("7 days", 14400, 42))
"""What metrics are shown of: words, seconds of a period, and how many of them."""

_Lines = list[tuple[str, str]]


class DetailsScreen(Modal[None]):
    """Sections that fill as their answers come; one that is refused says why and harms no other."""

    DEFAULT_CSS = """
    DetailsScreen { background: $background; }
    DetailsScreen > Vertical { border: round $border; border-title-style: bold;
        border-subtitle-color: $text-muted; }
    DetailsScreen > .-aws { border: heavy $warning; }
    DetailsScreen VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size: 1 1; }
    DetailsScreen .section { height: auto; margin-bottom: 1; }
    DetailsScreen Status { height: auto; max-height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "secrets", "Show or hide secrets", id="details.secrets"),
        Binding("c", "concurrency", "Change the reserved concurrency", id="details.concurrency"),
        Binding("t", "span", "Choose the time span of the metrics", id="details.span"),
        Binding("r", "read", "Read it again", id="details.read"),
        Binding("y", "copy", "Copy all of it", id="details.copy"),
        Binding("j", "scroll('down')", show=False, id="details.down"),
        Binding("k", "scroll('up')", show=False, id="details.up"),
        Binding("g", "scroll('home')", show=False, id="details.first"),
        Binding("G", "scroll('end')", show=False, id="details.last"),
        Binding("escape,q", "close", "Close", id="details.close"),
    ]

    @dataclass
    class Configured(Message):
        """GetFunctionConfiguration's answer."""

        configuration: Mapping[str, Any]

    @dataclass
    class Found(Message):
        """The lines of a section came."""

        section: str
        lines: _Lines

    @dataclass
    class Limited(Message):
        """The function's own concurrency; `say` is what was done before."""

        found: FunctionConcurrency
        say: str = ""

    @dataclass
    class Measured(Message):
        """The metrics came."""

        series: list[Series]

    def __init__(self, backend: Backend, function: str, qualifier: str | None) -> None:
        super().__init__()
        self._backend = backend
        self._function = function
        self._qualifier = qualifier
        self._span = 0
        self._shows_secrets = False
        self._configuration: Mapping[str, Any] = {}
        self._reserved: int | None = None
        self._texts: dict[str, str] = {}
        self._status = Status()

    def compose(self) -> ComposeResult:
        frame = Vertical(classes="" if self._backend.is_local else "-aws")
        named = f"{self._function}:{self._qualifier}" if self._qualifier else self._function
        frame.border_title = Content(f"Details of {named}")
        with frame:
            with VerticalScroll():
                for section in _SECTIONS:
                    yield Static("", id=section, classes="section", markup=False)
            yield self._status
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(KeyFooter).set_keys(
            pairs_of(self.app, {
                "details.secrets": "secrets", "details.concurrency": "concurrency",
                "details.span": "span",
                "details.read": "refresh", "details.copy": "copy", "details.close": "close",
                "screen.help": "help",
            })
        )  # fmt: skip
        self.query_one(VerticalScroll).focus()
        self.action_read()

    def on_unmount(self) -> None:
        stop_jobs(self)

    # -- reading --------------------------------------------------------------------------------

    def action_read(self) -> None:
        """Read everything, each section by itself."""
        backend, name, qualifier = self._backend, self._function, self._qualifier
        for section in _SECTIONS:
            self._show(section, [("", "reading …")])
        self._in_thread(
            "configuration", lambda: self.Configured(backend.client.configuration(name, qualifier))
        )
        self._in_thread("concurrency", lambda: self.Limited(backend.concurrency(name)))
        self._in_thread(
            "asynchronous",
            lambda: self.Found("asynchronous", _event_lines(backend, name, qualifier)),
        )
        self._in_thread("recent", lambda: self.Found("recent", _recent_lines(backend, name)))
        self._in_thread("triggers", lambda: self.Found("triggers", _trigger_lines(backend, name)))
        self._measure()

    def _measure(self) -> None:
        backend, name, qualifier = self._backend, self._function, self._qualifier
        _, period, periods = _SPANS[self._span]

        def read() -> Message:
            from workbench.aws.metrics.metric_series import series

            found = series(backend.target, name, qualifier, period=period, periods=periods)
            return self.Measured(found)

        self._in_thread("metrics", read)

    def _in_thread(self, section: str, read: Callable[[], Message]) -> None:
        def work(job: Job) -> Message:
            return read()

        in_thread(self, section, work)

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        if message.details:
            self.log.error(message.details)
        words = [("✗", message.sentence)]
        role = [("", str(self._configuration.get("Role", "")))] if message.group == "role" else []
        self._show(message.group, [*role, *words])
        if message.group == "configuration":
            self._show("environment", words)
            self._show("role", words)

    @on(Configured)
    def _configured(self, message: Configured) -> None:
        from workbench.aws.words.configuration import lines

        self._configuration = message.configuration
        self._show("configuration", [("ARN", self._arn), *lines(message.configuration)])
        self._show_environment()
        role = str(message.configuration.get("Role", ""))
        if self._backend.is_local:
            self._show("role", [("", role), ("", "The local Lambda asks no role.")])
            return

        def read() -> Message:
            from workbench.aws.words.role import role_words

            words = role_words(self._backend.target, role)
            return self.Found("role", [("", role), *(("", each) for each in words)])

        self._in_thread("role", read)

    @property
    def _arn(self) -> str:
        return str(self._configuration.get("FunctionArn", ""))

    @on(Limited)
    def _limited(self, message: Limited) -> None:
        from workbench.aws.words.concurrency import concurrency_words

        self._reserved = message.found.reserved
        self._show("concurrency", list(concurrency_words(message.found)))
        if message.say:
            self._status.say(message.say, "success")

    @on(Found)
    def _found(self, message: Found) -> None:
        self._show(message.section, message.lines)

    # -- showing --------------------------------------------------------------------------------

    def _show_environment(self) -> None:
        from workbench.aws.words.configuration import is_secret, masked

        environment = self._configuration.get("Environment", {})
        variables: Mapping[str, str] = environment.get("Variables", {})
        shown: _Lines = [
            (name, masked(value) if is_secret(name, value) and not self._shows_secrets else value)
            for name, value in sorted(variables.items())
        ]
        if "Error" in environment:  # the key of KMS may not be used, or is gone
            shown.append(("✗", str(environment["Error"].get("Message", ""))))
        self._show("environment", shown or [("", "No variables.")])

    @on(Measured)
    def _measured(self, message: Measured) -> None:
        span = _SPANS[self._span][0]
        if all(each.overall is None for each in message.series):
            self._show("metrics", [("", f"Nothing in the last {span}.")])
            return
        qualifier = f" of {self._qualifier}" if self._qualifier else ", all versions"
        lines = [("", f"the last {span}{qualifier}")]
        for each in message.series:
            line = f"{_value(each):>9}  {sparkline(each.values)}"
            lines.append((f"{_LABELS.get(each.metric, each.metric)} {_STATISTICS[each.statistic]}",
                          line))  # fmt: skip
        self._show("metrics", lines)

    def _show(self, section: str, lines: _Lines) -> None:
        colors = palette(self)
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(style=colors[QUIET], no_wrap=True, min_width=9, max_width=24)
        table.add_column(overflow="fold")
        for label, value in lines:
            style = colors[WARN] if "▲" in value[:2] or label == "✗" else ""
            table.add_row(safe(label) or " ", Text(safe(value), style))
        heading = Table.grid()
        heading.add_row(Text(_SECTIONS[section], colors[STRONG] + Style(bold=True)))
        heading.add_row(table)
        self.query_one(f"#{section}", Static).update(heading)
        words = (f"  {label}  {value}" if label else f"  {value}" for label, value in lines)
        self._texts[section] = "\n".join([_SECTIONS[section], *words])

    # -- keys -----------------------------------------------------------------------------------

    def action_secrets(self) -> None:
        """Show what looks like secrets, or hide it again."""
        self._shows_secrets = not self._shows_secrets
        self._show_environment()
        shown = self._shows_secrets
        hide = f"Secrets are shown: {key_of(self.app, 'details.secrets')} hides them."
        self._status.say(hide if shown else "Secrets are hidden.")

    @dialog
    async def action_concurrency(self) -> None:
        """Change the reserved concurrency, on AWS after asking."""
        from workbench.ui.reserved_concurrency import ask_reserved

        backend, name = self._backend, self._function
        wanted = await ask_reserved(self.app, backend, name, self._reserved)
        if wanted is None:
            return

        def change() -> Message:
            with backend.permitted():
                backend.reserve(name, wanted[0])
            said = f"Reserved concurrency of {name} changed."
            return self.Limited(backend.concurrency(name), said)

        self._in_thread("concurrency", change)

    def action_span(self) -> None:
        """Metrics of a longer time, then of the shortest again."""
        self._span = (self._span + 1) % len(_SPANS)
        self._show("metrics", [("", f"reading the last {_SPANS[self._span][0]} …")])
        self._measure()

    def action_copy(self) -> None:
        """Copy all of it as it is shown: hidden secrets stay hidden."""
        text = "\n\n".join(self._texts[section] for section in _SECTIONS)
        self.app.copy_to_clipboard(text)
        self._status.say(f"Copied the details ({len(text):,} characters).")

    def action_scroll(self, where: str) -> None:
        """Scroll by a line, or to an end."""
        box = self.query_one(VerticalScroll)
        moves = {"down": box.scroll_down, "up": box.scroll_up,
                 "home": box.scroll_home, "end": box.scroll_end}  # fmt: skip
        moves[where](animate=False)

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)


_LABELS = {"ConcurrentExecutions": "Concurrency"}
_STATISTICS = {"Sum": "", "Maximum": "max"} | {name: name for name in ("p50", "p90", "p99")}


def _value(series: Series) -> str:
    value = series.overall
    if value is None:
        return "–"
    return milliseconds(value) if series.metric == "Duration" else f"{value:,.0f}"


def _event_lines(backend: Backend, function: str, qualifier: str | None) -> _Lines:
    from workbench.aws.words.asynchronous import asynchronous_words, event_invoke_config

    return list(asynchronous_words(event_invoke_config(backend.target, function, qualifier)))


def _recent_lines(backend: Backend, function: str) -> _Lines:
    last = backend.history.recent(backend.target.key, function, SHOWN)
    return [(name, line) for name, line in trend_lines(last) if line] or [("", "None yet.")]


def _trigger_lines(backend: Backend, function: str) -> _Lines:
    from workbench.aws.triggers.words import kind_words, state_words

    lines = []
    for trigger in backend.triggers.triggers(function):
        glyph, word = state_words(trigger)
        if trigger.kind == "Policy":
            whose = "".join(f"  → {each}" for each in trigger.functions if ":" in each)
            lines.append((f"{glyph} {word}", trigger.detail + whose))
            continue
        if trigger.kind == "Unread":
            lines.append((f"{glyph} {word}", f"{trigger.name}: {trigger.detail}"))
            continue
        whom = ", ".join(each for each in trigger.functions if ":" in each)
        parts = [f"{kind_words(trigger.kind)} {trigger.name}", trigger.url or trigger.arn or ""]
        parts += [f"→ {whom}"] if whom else []
        lines.append((f"{glyph} {word}", "  ".join(filter(None, parts))))
    return lines or [("", "Nothing invokes it by itself.")]
