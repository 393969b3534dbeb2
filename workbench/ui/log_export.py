"""Log lines written into a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from workbench.ui.widgets.log_view import LogLine
from workbench.ui.widgets.safe_text import strip_ansi


class ExportError(Exception):
    """The file cannot be written. The message is one sentence for a person."""


def export(path: Path, lines: Iterable[LogLine]) -> str:
    """Write lines with their local times and labels; returns what was done, in words.

    A file that is there already stays as it is: raises ExportError, also when the disk says no.
    """
    count = 0
    try:
        with path.open("x", encoding="utf-8", errors="surrogateescape") as file:
            for line in lines:
                file.write(_line(line))
                count += 1
    except FileExistsError as error:
        raise ExportError(f"{path} exists already: give another name.") from error
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}.") from error
    return f"Wrote {count:,} lines to {path}."


def _line(line: LogLine) -> str:
    moment = ""
    if line.time_ms:
        local = datetime.fromtimestamp(line.time_ms / 1000).astimezone()
        moment = f"{local.isoformat(timespec='milliseconds')} "
    label = f"{line.label} " if line.label else ""
    return f"{moment}{label}{strip_ansi(line.text)}\n"
