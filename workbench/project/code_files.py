"""Which files of a folder are a function's code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Folders that are tools' own and never part of a function.
_LEFT_OUT = {
    ".git", ".workbench", ".aws-sam", "__pycache__", ".venv", "venv", ".pytest_cache",
    ".mypy_cache", ".ruff_cache",
}  # fmt: skip


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file that belongs to a function's code as (name in the zip, path), in order."""
    for parent, folders, files in os.walk(folder):
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = sorted(set(folders) - _LEFT_OUT - set(linked))
        for name in sorted(files + linked):
            path = Path(parent, name)
            if not name.endswith(".pyc") and (path.is_file() or name in linked):
                yield path.relative_to(folder).as_posix(), path
