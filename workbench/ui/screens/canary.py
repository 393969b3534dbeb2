"""How a canary goes: the traffic of both versions, its steps, and what may be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from workbench.aws.deploying.traffic_shifting import Deployment, HookStatus, new_counts
from workbench.ui.backend import Backend
from workbench.ui.canaries import Canaries
from workbench.ui.consent import Change, agreed
from workbench.ui.formats import BAD, GOOD, QUIET, STRONG, bar, clock, percent
from workbench.ui.keys import key_of, with_keys
from workbench.ui.widgets.modal import Modal
from workbench.ui.widgets.palette import palette
from workbench.ui.work import dialog

_WIDEST = 40
_TICK_S = 0.5
_MARKS = {
    "done": ("✓", "done", GOOD),
    "now": ("▶", "now", STRONG),
    "waits": ("○", "waits", QUIET),
    "failed": ("✗", "failed", BAD),
    "stopped": ("■", "stopped", STRONG),
    "skipped": ("·", "skipped", QUIET),
    "none": ("·", "none", QUIET),
}


class CanaryScreen(Modal[None]):
    """Shows one deployment while it is carried out, by this screen or not (any more)."""

    DEFAULT_CSS = """
    CanaryScreen { align: center middle; }
    CanaryScreen > Vertical {
        width: 90; max-width: 98%; height: auto; max-height: 96%; background: $surface;
        border: round $border; padding: 0 2; border-title-color: $foreground;
        border-title-style: bold; border-subtitle-color: $text-muted;
    }
    CanaryScreen Static { height: auto; }
    CanaryScreen VerticalScroll { height: auto; max-height: 12; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close; it goes on", show=False, id="canary.close"),
        Binding("n", "shift_now", "Shift now", show=False, id="canary.shift-now"),
        Binding("b", "roll_back", "Roll back", show=False, id="canary.roll-back"),
        Binding("x", "pause", "Pause: traffic stays as it is", show=False, id="canary.pause"),
        Binding("g", "go_on", "Go on after a pause", show=False, id="canary.go-on"),
    ]

    def __init__(self, backend: Backend, canaries: Canaries, deployment: Deployment) -> None:
        super().__init__()
        self._backend = backend
        self._canaries = canaries
        self.deployment = deployment
        self._state = Static("")
        self._said = Static("", markup=False)
        self._shown: tuple[int, bool] | None = None

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = Content(
                f"Canary of {self.deployment.function} {self.deployment.alias} · "
                f"{self.deployment.id}"
            )
            yield self._state
            with VerticalScroll():
                yield self._said

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self.set_interval(_TICK_S, self.renew)
        self.call_after_refresh(self.renew)

    def renew(self) -> None:
        """Show how it is at this moment."""
        self.deployment = self._canaries.known.get(self.deployment.id, (self.deployment, None))[0]
        deployment = self.deployment
        running = self._canaries.is_running(deployment)
        self._state.update(self._text(deployment, running))
        if self._shown != (len(deployment.said), running):
            self._shown = (len(deployment.said), running)
            self._said.update("\n".join(f"{clock(at)}  {words}" for at, words in deployment.said))
            self.query_one(VerticalScroll).scroll_end(animate=False)
            self.query_one(Vertical).border_subtitle = self._keys(deployment, running)

    def _keys(self, deployment: Deployment, running: bool) -> str:
        words = "<canary.close> close"
        if deployment.status == "InProgress" and running:
            words = "<canary.shift-now> shift now · <canary.roll-back> roll back · " + (
                "<canary.pause> pause · <canary.close> close, it goes on"
            )
        elif deployment.status == "InProgress":
            words = "<canary.go-on> go on · <canary.roll-back> roll back · <canary.close> close"
        return with_keys(self.app, words)

    def _text(self, deployment: Deployment, running: bool) -> Text:
        colors = palette(self)
        text = Text()
        width = max(10, min(_WIDEST, self._state.size.width - 42))
        counts = self._canaries.counts(deployment)
        done = deployment.status == "Succeeded"
        new = 1.0 if done else deployment.share
        sides = ((deployment.current_version, 1 - new, counts.of(deployment.current_version)),
                 (deployment.target_version, new, new_counts(deployment, counts)))  # fmt: skip
        for version, share, (invocations, errors) in sides:
            text.append(f"{'v' + version:>5} ", "bold")
            text.append(bar(share, width), colors[STRONG])
            text.append(f" {percent(share):>4}  {invocations:,} invoked  ")
            wrong = (
                f"✗ {errors:,} {'error' if errors == 1 else 'errors'}" if errors else "no errors"
            )
            text.append(f"{wrong}\n", colors[BAD] if errors else colors[QUIET])
        if running and not any(invocations for _, _, (invocations, _) in sides):
            use = key_of(self.app, "versions.use")
            how = f"Invocations of {deployment.alias} count: {use} on it in Versions, then invoke."
            text.append(f"  {how}\n", colors[QUIET])
        text.append("\n")
        text.append(f"{_status(deployment, running)}\n\n", "bold")
        for name, mark, words in _events(deployment):
            glyph, word, style = _MARKS[mark]
            text.append(f"{glyph} {word:<8}", colors[style])
            text.append(f"{name:<20}")
            text.append(f"{words}\n", colors[QUIET])
        limit = f"more than {deployment.max_error_percent:g}% errors, a hook that fails"
        alarms = "".join(f", the alarm {name}" for name in deployment.alarms)
        text.append(f"  Rolls back by itself: {limit}{alarms}.", colors[QUIET])
        return text

    # -- keys -----------------------------------------------------------------------------------

    def _steer(self, do: Callable[[Deployment], None]) -> None:
        if self.deployment.status == "InProgress":
            do(self.deployment)

    def action_shift_now(self) -> None:
        """Do not wait for the next shift."""
        self._steer(self._canaries.shift_now)

    def action_pause(self) -> None:
        """Leave it as it is, to be gone on with later."""
        self._steer(self._canaries.pause)

    @dialog
    async def action_roll_back(self) -> None:
        """All traffic back to the old version."""
        if self._canaries.is_running(self.deployment):
            self._steer(self._canaries.roll_back)
        elif await self._agreed("Roll back"):
            self._canaries.go_on(self._backend, self.deployment, roll_back=True)

    @dialog
    async def action_go_on(self) -> None:
        """Carry on what was left."""
        if not self._canaries.is_running(self.deployment) and await self._agreed("Go on"):
            self._canaries.go_on(self._backend, self.deployment)

    async def _agreed(self, action: str) -> bool:
        deployment = self.deployment
        if deployment.status != "InProgress":
            return False
        arn = f"{self._backend.arn(deployment.function)}:{deployment.alias}"
        rest = f"v{deployment.current_version} → v{deployment.target_version}"
        words = [f"{action}: {rest}, {deployment.steps.words}"]
        change = Change("Canary", action, arn, words)
        return await agreed(self.app, self._backend, deployment.function, change)

    def action_close(self) -> None:
        """Back; it goes on."""
        self.dismiss(None)


def _status(deployment: Deployment, running: bool) -> str:
    match deployment.status:
        case "Succeeded":
            return "✓ Succeeded"
        case "Failed":
            return "✗ Failed, rolled back"
        case "Stopped":
            return "■ Stopped, rolled back" if deployment.rolled_back else "■ Stopped"
    if not running:
        return "‖ Nobody carries it out: the traffic stays as it is"
    if deployment.shifts and not deployment.is_shifted:
        left = max(0, round(deployment.next_shift - time.time()))
        return f"▶ In progress, next shift in {left // 60}:{left % 60:02}"
    return "▶ In progress"


def _events(deployment: Deployment) -> list[tuple[str, str, str]]:
    """The lifecycle events: name, mark and words of each."""
    traffic = "waits"
    if deployment.is_shifted and not (deployment.rolled_back and deployment.after != "Failed"):
        traffic = "done"
    elif deployment.rolled_back and deployment.before != "Failed":
        traffic = "stopped" if deployment.status == "Stopped" else "failed"
    elif deployment.shifts or deployment.before == "Succeeded" or not deployment.before_hook:
        traffic = "now"
    events = [
        ("BeforeAllowTraffic", _mark(deployment.before_hook, deployment.before),
         deployment.before_hook or "no hook"),
        ("AllowTraffic", traffic, deployment.steps.words),
        ("AfterAllowTraffic", _mark(deployment.after_hook, deployment.after),
         deployment.after_hook or "no hook"),
    ]  # fmt: skip
    if deployment.status == "InProgress":
        return events
    ended = {"waits": "skipped", "now": "skipped"}
    return [(name, ended.get(mark, mark), words) for name, mark, words in events]


def _mark(function: str, status: HookStatus) -> str:
    if not function:
        return "none"
    return {"": "waits", "Pending": "now", "Succeeded": "done", "Failed": "failed"}[status]
