"""The user's own editor and pager: which command opens which file at which line."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

# Editors with a window of their own: the screen stays, and nothing waits in the terminal.
_WINDOWED = {"code", "codium", "code-insiders", "cursor", "subl", "zed", "gedit", "gvim", "mate"}


_USUAL = ("editor", "nano", "vim", "vi")
"""Taken in this order when the user has set none; the first is the system's own choice."""


class NoProgram(Exception):
    """No editor or pager can be started. The message says what to set."""


def editor_command(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The user's editor, from $VISUAL or $EDITOR, split as a shell would; else one that is there.

    Raises NoProgram when what is set is not on PATH, or nothing is set and no editor found.
    """
    for variable in ("VISUAL", "EDITOR"):
        value = environment.get(variable, "").strip()
        if value:
            return _existing(value, variable)
    for name in _USUAL:
        if shutil.which(name, path=environment.get("PATH", "")):
            return [name]
    raise NoProgram("No editor is set: put `export EDITOR=vim` (or nano, code …) in your shell.")


def pager_command(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The user's pager, from $PAGER, else `less` or `more`. Raises NoProgram."""
    value = environment.get("PAGER", "").strip()
    if value:
        return _existing(value, "PAGER")
    for name in ("less", "more"):
        if shutil.which(name):
            return [name]
    raise NoProgram("No pager is set: put `export PAGER=less` in your shell.")


def _existing(value: str, variable: str) -> list[str]:
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise NoProgram(f"${variable} is “{value}”, which cannot be read: {error}.") from None
    if not words or shutil.which(words[0]) is None:
        raise NoProgram(f"${variable} is “{value}”, and there is no such program on PATH.")
    return words


def is_windowed(command: list[str]) -> bool:
    """Whether the editor opens its own window instead of taking the terminal."""
    return Path(command[0]).name in _WINDOWED


def open_at(command: list[str], path: Path, line: int | None = None, *, wait: bool) -> list[str]:
    """The full command line that opens `path` at `line` (from 1) in this editor.

    `wait` is for windowed editors: the command returns when the file is closed.
    """
    name = Path(command[0]).name
    file = str(path)
    if name in {"code", "codium", "code-insiders", "cursor"}:
        place = ["--goto", f"{file}:{line}"] if line else [file]
        return [*command, *(["--wait"] if wait else []), *place]
    if name in {"subl", "zed", "mate"}:
        return [*command, *(["--wait"] if wait else []), f"{file}:{line}" if line else file]
    if name in {"hx", "helix", "kak"}:
        return [*command, f"{file}:{line}" if line else file]
    # vi, vim, nvim, nano, emacs, micro, joe, ed …: the POSIX habit.
    return [*command, f"+{line}", file] if line else [*command, file]


def run(command: list[str], text: bytes | None = None) -> str | None:
    """Run a program to its end; `text` goes to its standard input. Returns a sentence on failure.

    The caller has given it the terminal (`App.suspend`) if it needs one.
    """
    try:
        done = subprocess.run(command, input=text, check=False)
    except OSError as error:
        return f"{command[0]} could not be started: {error.strerror or error}."
    if done.returncode:
        return f"{command[0]} ended with exit status {done.returncode}."
    return None
