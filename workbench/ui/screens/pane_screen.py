"""A screen of panes: focus, footer, zoom, jump, help; nothing of what the panes are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import Input, TextArea

from workbench.ui import keys, responsive
from workbench.ui.jump_places import places
from workbench.ui.messages import FooterChanged, Say
from workbench.ui.panes.area import PaneArea
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.screens.help import HelpScreen
from workbench.ui.screens.jump import JumpScreen
from workbench.ui.status import Status
from workbench.ui.widgets.keys_help import keys_in_force
from workbench.ui.widgets.status_bar import KeyFooter, Severity
from workbench.ui.work import Failed, dialog, stop

_RESIZES = {"wider": (4, True), "narrower": (-4, True), "higher": (2, False), "lower": (-2, False)}
"""Cells, and whether they are columns."""

_INVOKE, _HELP = {"screen.invoke": "invoke"}, {"screen.help": "help"}
_WHILE_TYPING = {"screen.new_event": "new", "screen.save_event": "save",
                 "screen.saved_events": "saved", "screen.editor": "$EDITOR"}  # fmt: skip


class PaneScreen(Screen[None]):
    """The panes, the status line and the footer, and the keys that move among them."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("screen"), *keys.bindings("pane")]

    def __init__(self, panes: Sequence[WorkbenchPane]) -> None:
        super().__init__()
        self.area = PaneArea(panes)
        self.status = Status(id="status")

    def compose(self) -> ComposeResult:
        yield self.area
        yield self.status
        yield KeyFooter()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)

    def on_unmount(self) -> None:
        """Another project is opened, or the screen quits: its jobs are wanted no more."""
        stop(self)

    async def _on_idle(self, event: events.Idle) -> None:
        """What a key changed is painted at once: where other things are painted just before,
        Textual's timer lets up to two frames pass."""
        await super()._on_idle(event)
        if self._dirty_widgets and self.is_current and responsive.is_key_fresh():
            self._on_timer_update()

    def _theme_changed(self, theme: Theme) -> None:
        for pane in self.query(WorkbenchPane):
            pane.theme_changed()

    @property
    def is_busy(self) -> bool:
        """Whether something runs that can be cancelled."""
        return False

    @property
    def pane(self) -> WorkbenchPane:
        """The pane that has the focus, or had it last."""
        return self.query_one(f"#{self.area.recent[0]}", WorkbenchPane)

    def get_focusable_widget_at(self, x: int, y: int) -> Widget | None:
        """What a click at a cell gives the focus; a border that may be dragged: nothing yet."""
        return None if self.area.is_border(x, y) else super().get_focusable_widget_at(x, y)

    @on(events.DescendantFocus)
    def _focus_moved(self, event: events.DescendantFocus) -> None:
        for node in event.widget.ancestors_with_self:
            if isinstance(node, WorkbenchPane):
                self.area.used(node.scope)
                break
        self.show_keys()

    @on(FooterChanged)
    def show_keys(self) -> None:
        """Renew the footer for what has the focus."""
        busy = keys.pairs_of(self.app, {"screen.cancel": "cancel"}) if self.is_busy else []
        if isinstance(self.focused, TextArea):
            others = [("escape", "leave"), *keys.pairs_of(self.app, _WHILE_TYPING)]
            first, last = keys.pairs_of(self.app, _INVOKE), keys.pairs_of(self.app, _HELP)
            pairs = [*first, *(busy or others), *last]
        elif isinstance(self.focused, Input):
            first, last = keys.pairs_of(self.app, _INVOKE), keys.pairs_of(self.app, _HELP)
            pairs = [*first, *busy, ("enter", "done"), ("escape", "give up"), *last]
        else:
            pane, table = self.pane, keys.in_force(self.app)
            now, without = pane.calls_for(), pane.has_no_use_for()
            pairs = keys.footer(pane.scope, busy, table, now, without)
        self.query_one(KeyFooter).set_keys(pairs)

    @on(Say)
    def _say(self, message: Say) -> None:
        seconds = 10 if message.severity == "error" else 5
        text = keys.with_keys(self.app, message.text)
        self.status.say(text, message.severity, seconds, glyph=message.glyph)

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        if message.details:
            self.log.error(message.details)
        self.say(message.sentence, "error")

    def say(self, text: str, severity: Severity = "info") -> None:
        """Put a sentence into the status line."""
        self.post_message(Say(text, severity))

    @property
    def panes(self) -> list[WorkbenchPane]:
        """All panes, by their numbers."""
        return list(self.query(WorkbenchPane))

    # -- moving -----------------------------------------------------------------------------------

    def action_pane(self, scope: str) -> None:
        """Go to a pane."""
        pane = self.query_one(f"#{scope}", WorkbenchPane)
        self.area.used(scope)
        if self.area.zoomed:
            self.area.zoom(True)
        pane.focus_content()

    def action_next_pane(self) -> None:
        """Go to the next pane."""
        if not self.pane.takes_tab():
            self._step(1)

    def action_previous_pane(self) -> None:
        """Go to the previous pane."""
        self._step(-1)

    def _step(self, step: int) -> None:
        scopes = [pane.scope for pane in self.query(WorkbenchPane)]
        self.action_pane(scopes[(scopes.index(self.pane.scope) + step) % len(scopes)])

    def action_resize(self, way: str) -> None:
        """Make the pane wider, narrower, higher or lower."""
        cells, sideways = _RESIZES[way]
        if not self.area.grow(cells, sideways=sideways):
            self.say(f"This pane cannot get {way} here.", "warning")

    def action_reset_sizes(self) -> None:
        """Put all borders back."""
        self.area.reset()

    def action_zoom(self) -> None:
        """Zoom the pane, and back."""
        self.area.zoom(not self.area.zoomed)

    @dialog
    async def action_jump(self) -> None:
        """Jump to a pane, a tab, a view or a field."""
        found = {place.key: place for place in places(self)}
        shown = [(key, place.region) for key, place in found.items() if place.region.area]
        key = await self.app.push_screen_wait(JumpScreen(shown, "".join(found)))
        if key is not None:
            found[key].go()

    def action_help(self) -> None:
        """Help for what has focus."""
        here = keys_in_force(self, {key.id for key in keys.in_force(self.app)})
        typing = isinstance(self.focused, TextArea | Input)
        self.app.push_screen(HelpScreen(self.app, self.pane.scope, here, typing=typing))

    def action_copy(self) -> None:
        """Copy from the pane with focus."""
        self.pane.action_copy()

    def action_command_palette(self) -> None:
        """Open the command palette."""
        self.app.action_command_palette()

    def why_not(self, action: str) -> str | None:
        """Why an action that works everywhere cannot be done now, or None when it can."""
        return None

    def why_not_key(self, key: keys.Key) -> str | None:
        """Why an action of the key table cannot be done now, in its pane or at all."""
        if key.scope not in ("screen", "pane"):
            reason = self.query_one(f"#{key.scope}", WorkbenchPane).why_not(key.action)
            if reason is not None:
                return reason
        return self.why_not(key.action)

    def run_key(self, key: keys.Key) -> None:
        """Do an action of the key table, in its pane, or say why that cannot be."""
        reason = self.why_not_key(key)
        if reason is not None:
            self.say(reason, "warning")
            return
        if key.scope in ("screen", "pane"):
            node: Widget | Screen[None] = self
        else:
            self.action_pane(key.scope)
            node = self.query_one(f"#{key.scope}", WorkbenchPane)
        self.call_later(node.run_action, key.action)
