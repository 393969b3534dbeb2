"""The screen in a real terminal (tmux, 80×24): the tour a new user takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from screen_lab import ECHO

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")

REPOSITORY = Path(__file__).parents[2]

# What the README says that keys open.
LEADS_TO = {
    "F1": "Help: History",
    "C-n": "New event",
    "C-p": "Search",
    "F9": "Timeline",
    "F11": "Compare",
    "F12": "Burst",
}


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, folder: Path) -> None:
        self._name = ""
        self._folder = folder
        self._editor = folder.parent / "editor"
        self._editor.write_text('#!/bin/sh\necho \'{"word": "edited"}\' > "$1"\n')
        self._editor.chmod(0o755)

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._name, "-f", "/dev/null", *words],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def start(self) -> None:
        """Open the screen; the window stays when it ends."""
        self.close()
        # A name of its own each time: the server before may still be ending.
        self._name = f"workbench-{uuid.uuid4().hex[:8]}"
        self._tmux(
            "new-session", "-d", "-x", "80", "-y", "24",
            f"env -u VISUAL EDITOR={self._editor} PYTHONPATH={REPOSITORY} "
            f"{sys.executable} -m workbench {self._folder}; "
            "echo ENDED $?; sleep 60",
        )  # fmt: skip

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(0.15)  # a person's pace: escape and a letter at once would be alt+letter

    def text(self) -> str:
        """What the terminal shows."""
        return self._tmux("capture-pane", "-p")

    def reads(self, words: str, limit: float = 30) -> None:
        """Wait until words are shown."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if words in self.text():
                return
            time.sleep(0.1)
        pytest.fail(f"never seen: {words}\n{self.text()}")

    def close(self) -> None:
        """End the window and what runs in it."""
        if self._name:
            self._tmux("kill-server")


@pytest.fixture
def terminal(project: Path) -> Iterator[Terminal]:
    terminal = Terminal(project)
    terminal.start()
    yield terminal
    terminal.close()


@pytest.mark.skipif(os.name == "nt", reason="a POSIX terminal")
def test_the_tour_at_80_by_24(terminal: Terminal, project: Path) -> None:
    terminal.reads("local Lambda ready")
    terminal.press("/", "e", "c", "h", "Tab")
    terminal.reads("2 Event")
    terminal.press("C-j")
    terminal.reads("✓ 200 ok")
    terminal.press("Escape", "F5")
    terminal.reads("watching")
    (project / "echo" / "app.py").write_text(ECHO.replace("nothing", "silence"))
    terminal.reads('+   "said": "silence"')
    terminal.press("2", "F4")
    terminal.reads('"word": "edited"')
    terminal.press("Enter", "M-4")  # out of the editor
    terminal.reads("working on it")
    terminal.press("6")
    terminal.reads("$LATEST")
    for key, words in LEADS_TO.items():
        terminal.press(key)
        terminal.reads(words)
        terminal.press("Escape")
        terminal.reads("c compare")
    terminal.press("q")
    terminal.reads("ENDED 0")
    terminal.start()
    terminal.reads("local Lambda ready")
    terminal.press("3")
    terminal.reads('"said": "silence"')
