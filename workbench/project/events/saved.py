"""Saved events: plain JSON files in the project, meant to be committed.

A function's own events are `<project>/events/<FunctionName>/<event name>.json`. Files directly in
`<project>/events/` (where SAM's app templates put theirs) are shared by every function: they can
be listed and loaded, and saving one under a function's name makes it that function's own.
"""

from __future__ import annotations

import re
from pathlib import Path

from workbench.project.files import write_atomically

_FUNCTION = re.compile(r"[a-zA-Z0-9-_]{1,64}")
_EVENT = re.compile(r"[^\W_][\w .()+@=,-]{0,98}[\w)+@=]|[^\W_]")


class SavedEventError(Exception):
    """An event cannot be read or written. The message is one sentence for a person."""


class SavedEvents:
    """The saved events of the project in `root`. Event text is kept byte for byte (UTF-8)."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "events"

    def names(self, function: str) -> tuple[str, ...]:
        """The function's own events by name, then the shared ones it has no own version of."""
        own = _names(self._own_folder(function))
        return (*own, *(name for name in _names(self.folder) if name not in own))

    def is_shared(self, function: str, name: str) -> bool:
        """Whether `name` is a shared event, with no version of the function's own."""
        return not self.path(function, name).is_file() and self._shared(name).is_file()

    def path(self, function: str, name: str) -> Path:
        """Where the function's own event `name` is, or would be. Raises SavedEventError."""
        if not _EVENT.fullmatch(name):
            raise SavedEventError(
                f"“{name}” cannot be an event's name: use 1 to 100 letters, digits, spaces and "
                "any of . _ - ( ) + @ = , beginning with a letter or digit."
            )
        return self._own_folder(function) / f"{name}.json"

    def load(self, function: str, name: str) -> str:
        """The event's text as saved. Raises SavedEventError when missing or unreadable."""
        path = self.path(function, name)
        if not path.is_file() and self._shared(name).is_file():
            path = self._shared(name)
        try:
            return path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            raise SavedEventError(f"{function} has no saved event “{name}”.") from None
        except UnicodeDecodeError as error:
            raise SavedEventError(
                f"{path} is not UTF-8 text (byte {error.start + 1}): save it again as UTF-8."
            ) from None
        except OSError as error:
            raise SavedEventError(f"Cannot read {path}: {error.strerror or error}.") from error

    def save(self, function: str, name: str, text: str) -> Path:
        """Keep `text` as the function's own event, replacing an older one; returns its path.

        The text is not checked: a half-written event may be kept too. Raises SavedEventError.
        """
        path = self.path(function, name)
        try:
            write_atomically(path, text)
        except OSError as error:
            raise SavedEventError(f"Cannot write {path}: {error.strerror or error}.") from error
        return path

    def delete(self, function: str, name: str) -> None:
        """Remove the function's own event. Raises SavedEventError, also for a shared one."""
        path = self._must_be_own(function, name, "delete")
        try:
            path.unlink()
        except OSError as error:
            raise SavedEventError(f"Cannot delete {path}: {error.strerror or error}.") from error

    def rename(self, function: str, name: str, new_name: str) -> Path:
        """Give the function's own event another name; returns its new path.

        Raises SavedEventError: no such own event, a bad name, or the new name is taken.
        """
        path = self._must_be_own(function, name, "rename")
        target = self.path(function, new_name)
        # On a file system that ignores case, "put" → "Put" is the same file, and allowed.
        if target.exists() and not target.samefile(path):
            raise SavedEventError(f"{function} already has a saved event “{new_name}”.")
        try:
            path.rename(target)
        except OSError as error:
            raise SavedEventError(f"Cannot rename {path}: {error.strerror or error}.") from error
        return target

    def _own_folder(self, function: str) -> Path:
        if not _FUNCTION.fullmatch(function):
            raise SavedEventError(f"“{function}” is not a Lambda function's name.")
        return self.folder / function

    def _shared(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _must_be_own(self, function: str, name: str, verb: str) -> Path:
        path = self.path(function, name)
        if path.is_file():
            return path
        if self._shared(name).is_file():
            raise SavedEventError(
                f"“{name}” is shared by all functions: {verb} {self._shared(name)} itself."
            )
        raise SavedEventError(f"{function} has no saved event “{name}”.")


def _names(folder: Path) -> tuple[str, ...]:
    try:
        found = [p.stem for p in folder.iterdir() if p.suffix == ".json" and p.is_file()]
    except OSError:
        return ()
    return tuple(sorted((n for n in found if _EVENT.fullmatch(n)), key=str.casefold))
