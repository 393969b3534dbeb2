"""What remains of bridges until they are removed: `.workbench/bridges/<id>.json`.

A document is there before anything is made, and until all of it is gone. While a bridge runs its
process holds a lock, so that what a crash left can be told from it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.project.files import exclusive, write_atomically


class BridgeRecords:
    """The documents in one folder. Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def held(self, id: str) -> Iterator[None]:
        """Hold a bridge for the length of the block. Raises TimeoutError when another process
        does."""
        lock = self._folder / f"{id}.lock"
        with exclusive(lock, 0):
            try:
                yield
            finally:
                if not self._file(id).exists():
                    lock.unlink(missing_ok=True)

    def put(self, id: str, document: Mapping[str, Any]) -> None:
        """Keep a bridge's document, in place of an earlier one."""
        write_atomically(self._file(id), json.dumps(document, indent=2) + "\n")

    def forget(self, id: str) -> None:
        """Nothing of this bridge is left."""
        self._file(id).unlink(missing_ok=True)

    def left(self) -> list[dict[str, Any]]:
        """The documents of bridges that no process runs."""
        found = []
        for file in sorted(self._folder.glob("*.json")):
            try:
                with self.held(file.stem):
                    document = json.loads(file.read_bytes())
            except (TimeoutError, FileNotFoundError):  # it runs, or has just ended
                continue
            except ValueError:
                raise OSError(f"{file} is no JSON: look what it tells, and remove it.") from None
            if isinstance(document, dict):
                found.append(document)
        return found

    def _file(self, id: str) -> Path:
        return self._folder / f"{id}.json"
