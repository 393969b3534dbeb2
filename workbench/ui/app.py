"""The Textual app: themes, the project's screen, the command palette. Wiring only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

from workbench.project.state_dir import StateDir, StateDirError
from workbench.themes import ThemeError
from workbench.ui import memory, responsive, work
from workbench.ui.actions import Actions
from workbench.ui.keys import Key, bindings, key_of
from workbench.ui.screens.frame import FrameScreen
from workbench.ui.settings import Settings, changes, read_settings
from workbench.ui.terminal import alt_keys
from workbench.ui.widgets.palette import textual_theme

if TYPE_CHECKING:
    from workbench.ui.messages import OpenProject
    from workbench.ui.screens.workbench import WorkbenchScreen


class WorkbenchApp(App[int]):
    """The screen on the functions in one folder."""

    TITLE = "Lambda Workbench"
    COMMANDS = {Actions}  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = True
    # Textual adds its own ctrl+p unless there is one; by its id this one follows the user's keys.
    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in bindings("screen") if binding.action == "command_palette"
    ]

    @dataclass
    class SettingsChanged(Message):
        """A file in the config folder was saved."""

        settings: Settings

    def __init__(self, root: Path) -> None:
        # With NO_COLOR not even greys: the terminal's own two colours, told apart by glyph, word,
        # bold, underline and reverse.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.root = root
        self.settings = read_settings()
        self._use_settings()
        self._panes: WorkbenchScreen | None = None
        self._are_panes_there = False
        self._typed_ahead: list[events.Event] = []

    @property
    def keys_in_force(self) -> tuple[Key, ...]:
        """The key table with the user's own keys."""
        return self.settings.keys.keys

    @property
    def keymap_in_force(self) -> Mapping[str, str]:
        """The user's own keys by the ids of bindings, as Textual takes them."""
        return self.settings.keys.keymap

    def _use_settings(self) -> None:
        for theme in self.settings.themes.values():
            self.register_theme(textual_theme(theme))
        self.set_keymap(dict(self.settings.keys.keymap))

    def on_mount(self) -> None:
        self._use_theme(memory.load(self._memory_file))
        work.in_thread(self, "settings", self._watch_settings)

    def on_unmount(self) -> None:
        work.stop(self)

    def _watch_settings(self, job: work.Job) -> None:
        for settings in changes(job, self.settings):
            job.post(self.SettingsChanged(settings))

    @on(SettingsChanged)
    def _settings_changed(self, message: SettingsChanged) -> None:
        before, self.settings = self.settings, message.settings
        self._use_settings()
        if self.settings.theme != before.theme:
            self.theme = self.settings.theme
        else:
            self.mutate_reactive(App.theme)  # its colours may be others now
        if self._panes is not None:
            self._panes.settings_changed(self.settings.problems, tuple(self.settings.themes))

    def get_default_screen(self) -> Screen[None]:
        """The frame of the panes comes first; the panes follow when they are imported."""
        return FrameScreen(self.root, memory.load(self._memory_file))

    def on_ready(self) -> None:
        """Once the frame is painted nothing is more urgent than the panes."""
        self.screen.call_after_refresh(self.call_later, self._show_panes)

    @property
    def _memory_file(self) -> Path:
        return StateDir(self.root).path / "ui.json"

    def _use_theme(self, remembered: memory.Memory) -> None:
        wanted = remembered.theme
        self.theme = wanted if wanted in self.available_themes else self.settings.theme

    def _show_panes(self) -> None:
        # Late: they take as long as all that is needed for the frame.
        from workbench.ui.screens.workbench import WorkbenchScreen
        from workbench.ui.session import Session

        remembered = memory.load(self._memory_file)
        self._use_theme(remembered)
        session = Session(
            self.root,
            remembered,
            settings_problems=self.settings.problems,
            themes=tuple(self.settings.themes),
        )
        first = self._panes is None
        self._panes = panes = WorkbenchScreen(session, self._memory_file)
        if first:
            self.push_screen(panes)
            panes.call_after_refresh(self._take_typed)
        else:
            self.switch_screen(panes)

    async def on_event(self, event: events.Event) -> None:
        """What is typed before the panes are there is kept for them."""
        if isinstance(event, events.Key):
            responsive.key_pressed()
            alt_keys.take_text(event)
        if self._are_panes_there or not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
        else:
            self._typed_ahead.append(event)

    def _take_typed(self) -> None:
        self._are_panes_there = True
        for event in self._typed_ahead:
            self.post_message(event)
        self._typed_ahead = []

    def on_open_project(self, message: OpenProject) -> None:
        """Show another folder."""
        self.root = message.root
        self._show_panes()

    def watch_theme(self, theme: str) -> None:
        """Remember colours that were chosen here instead of in the config."""
        if self._panes is not None:
            chosen = None if theme == self.settings.theme else theme
            self._panes.session.memory.theme = chosen

    async def action_quit(self) -> None:
        """Textual's own ctrl+q comes before the screen's, which knows what is under way."""
        if self._panes is None:
            self.exit()
        else:
            self._panes.action_quit()

    def action_help_quit(self) -> None:
        """ctrl+c copies in editors; elsewhere it tells how to quit."""
        if self._panes is not None and self.screen is self._panes:
            self._panes.say(f"{key_of(self, 'screen.quit')} quits.")


def run(root: Path) -> int | None:
    """Open the screen on the functions in the folder `root`; returns the exit status.

    Raises StateDirError when the folder cannot keep any state, ThemeError for a broken theme.
    """
    root = root.resolve()
    StateDir(root).path.is_dir()  # creates it: here a failure is a sentence of the command
    responsive.prepare()
    alt_keys.prepare()
    app: App[Any] = WorkbenchApp(root)
    app.run()
    return app.return_code


__all__ = ["StateDirError", "ThemeError", "WorkbenchApp", "run"]
