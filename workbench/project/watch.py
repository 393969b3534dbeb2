"""Following saves: which files changed, within a few milliseconds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

# Measured: with these, a change is told some 6 ms after it; with watchfiles' defaults, 77 ms. Each
# step wakes a thread that asks for the GIL: at 1 ms that made one in ten invocations slower.
_STEP_MS = 5
_DEBOUNCE_MS = 10

_IGNORED_FOLDERS = frozenset(
    [".workbench", ".git", ".hg", ".venv", "venv", "__pycache__", "node_modules", ".aws-sam"]
)
# Compiled files, and what vim, emacs, JetBrains and others write beside a file while saving it.
_IGNORED_FILES = re.compile(r".*\.py[co]|4913|.*\.sw[a-z]|.*~|\.#.*|#.*#|.*___jb_\w+___|.*\.tmp")


def is_ignored(path: Path, root: Path) -> bool:
    """Whether a change of `path` never concerns a function: caches, state, editors' files.

    Saved events (`<root>/events/`) are ignored too. Folders above `root` play no part.
    """
    if _IGNORED_FILES.fullmatch(path.name):
        return True
    if not path.is_relative_to(root):
        return not _IGNORED_FOLDERS.isdisjoint(path.parts)
    parts = path.relative_to(root).parts
    return parts[:1] == ("events",) or not _IGNORED_FOLDERS.isdisjoint(parts)


async def watch(
    root: Path,
    folders: Iterable[Path],
    stop_event: asyncio.Event,
    begun: asyncio.Event | None = None,
) -> AsyncGenerator[set[Path], None]:
    """Yield the files that were made, changed or removed since the last time, until stopped.

    `folders` (and files) outside `root` are watched too: code and layers may lie elsewhere.
    Those that do not exist are left out. A set is never empty. Whoever waits for `begun` goes on
    when changes are noticed, or when that failed.
    """
    from watchfiles import awatch  # Late: 60 ms of start-up, anyio above all.

    root = root.resolve()
    try:
        # In a thread: ten thousand folders take a second.
        places = await asyncio.to_thread(_resolved, [root, *folders])
        watched = await asyncio.to_thread(_directories, root, places)
    finally:
        if begun is not None:
            begun.set()  # who waits for it runs once `awatch` waits for changes
    while not stop_event.is_set():
        changes = awatch(
            *watched,
            watch_filter=lambda _, path: not is_ignored(Path(path), root),
            step=_STEP_MS,
            debounce=_DEBOUNCE_MS,
            stop_event=stop_event,
            # Each folder by itself: a recursive watch would wake us for every write to
            # `.workbench/` (thousands a second under load) and watch all of node_modules.
            recursive=False,
            ignore_permission_denied=True,
        )
        async with contextlib.aclosing(changes):
            async for change in changes:
                paths = {Path(path) for _, path in change}
                yield paths
                if any(path.is_dir() or path in watched for path in paths):
                    break
        before, watched = watched, await asyncio.to_thread(_directories, root, places)
        # Written between the folder's making and our watching it.
        if missed := {f for d in watched - before if d.is_dir() for f in d.iterdir()}:
            yield missed


def _resolved(places: Iterable[Path]) -> list[Path]:
    return [place.resolve() for place in places]


def _directories(root: Path, places: Iterable[Path]) -> set[Path]:
    """All folders to be watched at or below `places`."""
    found: set[Path] = set()
    for place in places:
        if place in found or not place.exists():
            continue
        found.add(place)
        for parent, names, _ in os.walk(place):
            inner = [Path(parent, name) for name in names]
            kept = [folder for folder in inner if not is_ignored(folder, root)]
            names[:] = [folder.name for folder in kept]
            found.update(kept)
    return found
