"""Following saves, with real files."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from workbench.project.watch import is_ignored, watch


class Changes:
    """Collects what `watch` tells, and waits for a file to be among it."""

    def __init__(self, changes: AsyncIterator[set[Path]]) -> None:
        self._changes = changes
        self.seen: set[Path] = set()

    async def until(self, path: Path, save: Callable[[], object]) -> None:
        """Save again and again until it is told: the watcher may not be listening yet."""

        async def saving() -> None:
            while True:
                save()
                await asyncio.sleep(0.1)

        saver = asyncio.create_task(saving())
        try:
            async with asyncio.timeout(20):
                while path not in self.seen:
                    self.seen |= await anext(self._changes)
        finally:
            saver.cancel()


async def test_saves_are_told_until_stopped(tmp_path: Path) -> None:
    root, layer = tmp_path / "project", tmp_path / "layer"
    for folder in (root / "src", root / ".workbench", root / "events" / "A", layer):
        folder.mkdir(parents=True)
    stop = asyncio.Event()
    changes = Changes(watch(root, [root / "src", layer, tmp_path / "gone"], stop))
    source, swap = root / "src" / "app.py", root / "src" / ".app.py.swp"

    def save() -> None:
        swap.write_text("x")
        (root / ".workbench" / "state.db").write_text("x")
        (root / "events" / "A" / "e.json").write_text("{}")
        source.write_text("x = 1\n")

    await changes.until(source, save)
    outside = layer / "lib.py"
    await changes.until(outside, lambda: outside.write_text("y"))
    await changes.until(source, lambda: (source.write_text("z"), source.unlink()))
    assert changes.seen == {source, outside}
    stop.set()
    async with asyncio.timeout(20):
        with pytest.raises(StopAsyncIteration):
            while True:
                await anext(changes._changes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app.py", False),
        ("src/events/x.json", False),
        ("template.yaml", False),
        ("requirements.txt", False),
        ("events/A/x.json", True),
        (".workbench/state.db", True),
        ("a/.git/index", True),
        ("a/__pycache__/app.cpython-311.pyc", True),
        ("a/node_modules/x/index.js", True),
        (".venv/lib/x.py", True),
        ("app.pyc", True),
        ("4913", True),
        (".app.py.swp", True),
        ("app.py~", True),
        (".#app.py", True),
    ],
)
def test_what_is_ignored(tmp_path: Path, name: str, expected: bool) -> None:
    assert is_ignored(tmp_path / name, tmp_path) is expected


def test_folders_above_the_project_play_no_part(tmp_path: Path) -> None:
    root = tmp_path / "node_modules" / "project"
    assert not is_ignored(root / "app.py", root)
