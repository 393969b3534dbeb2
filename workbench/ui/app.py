"""The Textual app: themes, the project's screen, the command palette. Wiring only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import App
from textual.binding import BindingType

from workbench.project.state_dir import StateDir, StateDirError
from workbench.shipped import shipped
from workbench.themes import ThemeError, load_themes
from workbench.ui import memory
from workbench.ui.actions import Actions
from workbench.ui.messages import OpenProject
from workbench.ui.screens.workbench import WorkbenchScreen
from workbench.ui.session import Session
from workbench.ui.widgets.palette import textual_theme

DEFAULT_THEME = "workbench-dark"


class WorkbenchApp(App[int]):
    """The screen on the functions in one folder."""

    TITLE = "Lambda Workbench"
    COMMANDS = {Actions}  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        for theme in load_themes(shipped("themes")):
            self.register_theme(textual_theme(theme))

    def on_mount(self) -> None:
        self._open(self.root)

    def _open(self, root: Path) -> None:
        self.root = root
        file = StateDir(root).path / "ui.json"
        session = Session(root, memory.load(file))
        wanted = session.memory.theme or DEFAULT_THEME
        self.theme = wanted if wanted in self.available_themes else DEFAULT_THEME
        screen = WorkbenchScreen(session, file)
        if isinstance(self.screen, WorkbenchScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    @on(OpenProject)
    def _open_project(self, message: OpenProject) -> None:
        self._open(message.root)

    def watch_theme(self, theme: str) -> None:
        """Remember the colours."""
        if isinstance(self.screen, WorkbenchScreen):
            self.screen.session.memory.theme = theme

    def action_help_quit(self) -> None:
        """ctrl+c copies in editors; elsewhere it tells how to quit."""
        if isinstance(self.screen, WorkbenchScreen):
            self.screen.say("ctrl+q quits.")


def run(root: Path) -> int | None:
    """Open the screen on the functions in the folder `root`; returns the exit status.

    Raises StateDirError when the folder cannot keep any state, ThemeError for a broken theme.
    """
    root = root.resolve()
    StateDir(root).path.is_dir()  # creates it: here a failure is a sentence of the command
    app: App[Any] = WorkbenchApp(root)
    app.run()
    return app.return_code


__all__ = ["StateDirError", "ThemeError", "WorkbenchApp", "run"]
