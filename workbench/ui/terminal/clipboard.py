"""Copying: to the terminal (OSC 52), and by the machine's own clipboard program if there is one.

Many terminals ignore OSC 52 or ask first; over ssh it is the only way to the person's clipboard,
and the programs' clipboard would be that of the other machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping

from textual.dom import DOMNode

_PATIENCE_S = 5


def clipboard_command(environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """The program that takes a text for the clipboard on its standard input; None: there is none.

    Inside tmux that is tmux itself, which passes the text on to its terminal.
    """
    if environment.get("TMUX") and shutil.which("tmux"):
        return ["tmux", "load-buffer", "-w", "-"]
    if environment.get("SSH_CONNECTION"):
        return None
    candidates: list[list[str]] = []
    if sys.platform == "darwin":
        candidates.append(["pbcopy"])
    if environment.get("WAYLAND_DISPLAY"):
        candidates.append(["wl-copy"])
    if environment.get("DISPLAY"):
        candidates += [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]]
    if environment.get("WSL_DISTRO_NAME"):
        candidates.append(["clip.exe"])
    return next((command for command in candidates if shutil.which(command[0])), None)


def copy(node: DOMNode, text: str) -> None:
    """Copy a text, both ways. Does not wait for the program."""
    node.app.copy_to_clipboard(text)
    command = clipboard_command()
    if command is None or node.app.is_headless:
        return
    thread = threading.Thread(
        target=_run, args=(command, text), name="workbench-clipboard", daemon=True
    )
    thread.start()


def _run(command: list[str], text: str) -> None:
    # Where it fails OSC 52 is what remains; nothing tells whether that has worked either.
    try:
        subprocess.run(
            command,
            input=text.encode(),
            stdout=subprocess.DEVNULL,  # xclip stays behind and would hold a pipe open
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
