"""A project that changes while it is served: real files, followed until the last change counts."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from workbench.local.broadcast import Broadcaster
from workbench.local.linking import project_link
from workbench.local.linking.project_link import ProjectLink
from workbench.local.store.records import Link
from workbench.project.discover import discover
from workbench.project.records import Project, Resource

TEMPLATE = """Resources:
  One: {Type: AWS::Serverless::Function, Properties: {CodeUri: one, Handler: app.handler}}
  Two: {Type: AWS::Serverless::Function, Properties: {CodeUri: two, Handler: app.handler}}
Globals: {Function: {Runtime: python3.11}}
Transform: AWS::Serverless-2016-10-31
"""


class Functions:
    """Stands in for the API's functions: which are linked."""

    def __init__(self) -> None:
        self.links: dict[str, Link] = {}
        self.unlinked: list[str] = []

    def link(self, *links: Link, pending: str | None = None) -> None:
        self.links.update({link.name: link for link in links})

    def unlink(self, name: str) -> None:
        del self.links[name]
        self.unlinked.append(name)

    def linked(self) -> Iterable[str]:
        return list(self.links)

    def code_changed(self, name: str, files: Collection[Path]) -> None:
        pass


class Followed:
    """A project being followed; `until` waits for what it tells."""

    def __init__(self, root: Path) -> None:
        self.functions = Functions()
        self.broadcaster = Broadcaster()
        self.declared: list[Resource] = []
        self.link = ProjectLink(
            *(root, "123456789012", "us-east-1", "http://127.0.0.1:1"),
            *(self.functions, self.declared.extend, lambda apis: None, self.broadcaster),
        )
        self._told = self.broadcaster.listen()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await self._told.get()

    def messages(self) -> list[str]:
        return [problem["Message"] for problem in self.broadcaster.problems]


@asynccontextmanager
async def _followed(root: Path) -> AsyncIterator[Followed]:
    for folder in ("one", "two"):
        (root / folder).mkdir()
        (root / folder / "app.py").write_text("def handler(event, context): pass\n")
    (root / "template.yaml").write_text(TEMPLATE)
    followed = Followed(root)
    await followed.link.start()
    try:
        yield followed
    finally:
        await followed.link.stop()


async def test_changes_right_after_the_start_and_while_another_is_read_count(
    tmp_path: Path,
) -> None:
    async with _followed(tmp_path) as project:
        template = tmp_path / "template.yaml"
        template.unlink()
        await project.until(lambda: set(project.functions.links) == {"one", "two"})
        template.write_text(TEMPLATE.replace("One:", "Uno:"))
        await project.until(lambda: set(project.functions.links) == {"Uno", "Two"})
        template.write_text(TEMPLATE.replace("CodeUri: one", "CodeUri: ."))  # other folders
        template.write_text(TEMPLATE)
        await project.until(lambda: set(project.functions.links) == {"One", "Two"})
        await project.until(lambda: project.functions.links["One"].folder == tmp_path / "one")


async def test_a_template_that_is_being_saved_takes_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most editors empty a file before they write it; it may be read just then."""
    template = tmp_path / "template.yaml"
    emptied, loop = asyncio.Event(), asyncio.get_running_loop()

    def look(root: Path, **place: str) -> Project:
        project = discover(root, **place)
        if "Two" not in {source.name for source in project.functions}:
            template.write_text(TEMPLATE)
            loop.call_soon_threadsafe(emptied.set)
        return project

    monkeypatch.setattr(project_link, "discover", look)
    async with _followed(tmp_path) as project:
        template.write_text("")
        await asyncio.wait_for(emptied.wait(), 20)
        changed = tmp_path / "template.changed"
        changed.write_text(TEMPLATE.replace("One:", "Uno:"))
        changed.replace(template)
        await project.until(lambda: set(project.functions.links) == {"Uno", "Two"})
        assert project.functions.unlinked == ["One"]


async def test_a_handler_file_that_goes_and_comes_back_is_told(tmp_path: Path) -> None:
    async with _followed(tmp_path) as project:
        (tmp_path / "one" / "app.py").rename(tmp_path / "one" / "other.py")
        await project.until(lambda: any("no file" in text for text in project.messages()))
        (tmp_path / "one" / "other.py").rename(tmp_path / "one" / "app.py")
        await project.until(lambda: not project.messages())


async def test_a_code_folder_that_goes_and_comes_back_is_followed(tmp_path: Path) -> None:
    async with _followed(tmp_path) as project:
        shutil.move(tmp_path / "one", tmp_path / ".git")
        await project.until(lambda: set(project.functions.links) == {"Two"})
        assert any("does not exist" in text for text in project.messages())
        shutil.move(tmp_path / ".git", tmp_path / "one")
        await project.until(lambda: set(project.functions.links) == {"One", "Two"})
        (tmp_path / "one" / "app.py").write_text("def handler(event, context:\n")
        await project.until(lambda: any("Syntax error" in text for text in project.messages()))
