"""The Textual app: themes, the project's screen, the command palette. Wiring only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import App
from textual.binding import BindingType
from textual.message import Message

from workbench.project.state_dir import StateDir, StateDirError
from workbench.themes import ThemeError
from workbench.ui import memory, responsive, work
from workbench.ui.actions import Actions
from workbench.ui.keys import Key, bindings, key_of
from workbench.ui.messages import OpenProject
from workbench.ui.screens.workbench import WorkbenchScreen
from workbench.ui.session import Session
from workbench.ui.settings import Settings, changes, read_settings
from workbench.ui.widgets.palette import textual_theme


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

    @property
    def keys_in_force(self) -> tuple[Key, ...]:
        """The key table with the user's own keys."""
        return self.settings.keys.keys

    def _use_settings(self) -> None:
        for theme in self.settings.themes.values():
            self.register_theme(textual_theme(theme))
        self.set_keymap(dict(self.settings.keys.keymap))

    def on_mount(self) -> None:
        self._open(self.root)
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
        for screen in self.screen_stack:
            if isinstance(screen, WorkbenchScreen):
                screen.settings_changed(self.settings.problems, tuple(self.settings.themes))

    def _open(self, root: Path) -> None:
        self.root = root
        file = StateDir(root).path / "ui.json"
        session = Session(
            root,
            memory.load(file),
            settings_problems=self.settings.problems,
            themes=tuple(self.settings.themes),
        )
        wanted = session.memory.theme
        self.theme = wanted if wanted in self.available_themes else self.settings.theme
        screen = WorkbenchScreen(session, file)
        if isinstance(self.screen, WorkbenchScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    @on(OpenProject)
    def _open_project(self, message: OpenProject) -> None:
        self._open(message.root)

    def watch_theme(self, theme: str) -> None:
        """Remember colours that were chosen here instead of in the config."""
        for screen in self.screen_stack:
            if isinstance(screen, WorkbenchScreen):
                chosen = None if theme == self.settings.theme else theme
                screen.session.memory.theme = chosen

    async def action_quit(self) -> None:
        """Textual's own ctrl+q comes before the screen's, which knows what is under way."""
        for screen in self.screen_stack:
            if isinstance(screen, WorkbenchScreen):
                screen.action_quit()
                return
        self.exit()

    def action_help_quit(self) -> None:
        """ctrl+c copies in editors; elsewhere it tells how to quit."""
        if isinstance(self.screen, WorkbenchScreen):
            self.screen.say(f"{key_of(self, 'screen.quit')} quits.")


def run(root: Path) -> int | None:
    """Open the screen on the functions in the folder `root`; returns the exit status.

    Raises StateDirError when the folder cannot keep any state, ThemeError for a broken theme.
    """
    root = root.resolve()
    StateDir(root).path.is_dir()  # creates it: here a failure is a sentence of the command
    responsive.prepare()
    app: App[Any] = WorkbenchApp(root)
    app.run()
    return app.return_code


__all__ = ["StateDirError", "ThemeError", "WorkbenchApp", "run"]
