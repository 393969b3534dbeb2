"""What the screen remembers between starts: `.workbench/ui.json`.

The function and its qualifier, and for every function the event that was in the editor, its name
and the cursor, and what comparisons of its answers ignore. Losing the file loses convenience only:
saved events and history are elsewhere. The panes come back as they were, too, and Logs with its
level and range.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path

from workbench.project.files import write_atomically

_MAX_DRAFT = 1024 * 1024


@dataclass
class Draft:
    """An event as it was left in the editor. `name` is the saved event it came from, if any.

    `title` says where it came from when it was never saved (a sample's name). `text` is None when
    it is what the saved event holds. The cursor is (row, column) from 0.
    """

    name: str | None = None
    title: str = ""
    text: str | None = None
    cursor: tuple[int, int] = (0, 0)


@dataclass
class Memory:
    """The contents of `ui.json`."""

    function: str | None = None
    theme: str | None = None
    qualifiers: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    ignored: dict[str, list[str]] = field(default_factory=dict)
    """Of each function, the paths in its answers that comparisons leave out."""
    panes: list[str] = field(default_factory=list)
    """The panes by last use, the one with focus first."""
    moved: dict[str, int] = field(default_factory=dict)
    """By how many cells borders between panes were moved, see `layout.arrange`."""
    zoomed: bool = False
    log_level: int = 0
    """Which lines Logs shows, see `log_lines.LEVELS`."""
    log_range: str = ""
    """From when on it does, the key of one of `log_lines.RANGES`; "" for the usual one."""


def load(path: Path) -> Memory:
    """Read the memory; an absent or damaged file gives an empty one."""
    try:
        data = json.loads(path.read_bytes())
        drafts = {
            str(name): Draft(
                name=draft["name"],
                title=str(draft["title"]),
                text=draft["text"],
                cursor=(int(draft["cursor"][0]), int(draft["cursor"][1])),
            )
            for name, draft in data["drafts"].items()
        }
        qualifiers = {str(name): str(value) for name, value in data["qualifiers"].items()}
        ignored = {
            str(name): [str(path) for path in paths]
            for name, paths in data.get("ignored", {}).items()
        }
        return Memory(
            data["function"],
            data["theme"],
            qualifiers,
            drafts,
            ignored,
            panes=[str(pane) for pane in data.get("panes", [])],
            moved={str(name): int(cells) for name, cells in data.get("moved", {}).items()},
            zoomed=data.get("zoomed") is True,
            log_level=int(data.get("log_level", 0)),
            log_range=str(data.get("log_range", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return Memory()


class MemoryFile:
    """Writes `ui.json`. What is `put` in the UI thread may be written by any: the newest counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = self._written = ""
        self._writing = threading.Lock()

    def put(self, memory: Memory) -> None:
        """What is to be written. Texts over 1 MB are left out."""
        data = asdict(memory)
        for draft in data["drafts"].values():
            if draft["text"] is not None and len(draft["text"]) > _MAX_DRAFT:
                draft["text"] = None
        self._text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    @property
    def is_written(self) -> bool:
        """Whether the file has what was put last."""
        return self._text == self._written

    def write(self) -> None:
        """Write it, unless it is there already; waits for the disk. Raises OSError."""
        with self._writing:
            text = self._text
            if text != self._written:
                write_atomically(self._path, text)
                self._written = text
