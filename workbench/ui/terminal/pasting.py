"""Reading the machine's clipboard. Blocks: for worker threads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_WAIT_S = 3.0


class NoClipboard(Exception):
    """The clipboard cannot be read from here. The message is one sentence for a person."""


def clipboard_text() -> str:
    """The text in the clipboard of this machine. Raises NoClipboard."""
    command = _command()
    if command is None:
        raise NoClipboard(
            "The clipboard cannot be read from here (no wl-paste, xclip, xsel or pbpaste): "
            "paste into the editor with your terminal's key instead."
        )
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_WAIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoClipboard(f"The clipboard cannot be read: {command[0]}: {error}.") from None
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise NoClipboard(f"{command[0]} cannot read the clipboard: {reason or 'no reason given'}.")
    return done.stdout.decode(errors="replace")


def _command() -> list[str] | None:
    candidates = [["pbpaste"]] if sys.platform == "darwin" else []
    if os.environ.get("WAYLAND_DISPLAY"):
        candidates.append(["wl-paste", "--no-newline"])
    if os.environ.get("DISPLAY"):
        candidates += [["xclip", "-selection", "clipboard", "-o"], ["xsel", "-b", "-o"]]
    if os.environ.get("TMUX"):
        candidates.append(["tmux", "save-buffer", "-"])
    return next((each for each in candidates if shutil.which(each[0])), None)
