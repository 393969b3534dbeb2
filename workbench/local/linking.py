"""A project's folders as functions: found, kept up to date, reloaded when a file is saved.

Each function of the project is *linked*: its $LATEST is its folder. Saving a file in it gives the
function a new identity, so that the next invocation takes an environment with the new code. A
change of the template (or, without one, of which handlers there are) is read again as a whole.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from workbench.local.broadcast import Broadcaster
from workbench.local.store.records import Link
from workbench.project import dependencies, syntax
from workbench.project.discover import TEMPLATE_NAMES, discover
from workbench.project.handler_file import SOURCES, handler_file
from workbench.project.records import FunctionSource, Problem, Project
from workbench.project.state_dir import StateDir
from workbench.project.watch import watch

DEPENDENCY_FILES = ("requirements.txt", "package.json", "package-lock.json")
_INSTALLING_AT_ONCE = 2
_DISCOVERY_FILES = (*TEMPLATE_NAMES, "samconfig.toml")


class LinkedFunctions(Protocol):
    """What linking needs of the API's functions. Belongs to the event loop's thread."""

    def link(self, link: Link, *, pending: str | None = None) -> None:
        """Make or update the function whose $LATEST is `link.folder`.

        `pending` is why it cannot be invoked yet (its State is then Pending), None when it can.
        """

    def unlink(self, name: str) -> None:
        """The project has this function no longer."""

    def linked(self) -> Iterable[str]:
        """The names of all linked functions, of earlier runs too."""

    def code_changed(self, name: str, files: Collection[Path]) -> None:
        """These files of the function changed: the next invocation runs the new code."""


@dataclass(slots=True)
class _Linked:
    source: FunctionSource
    installing: asyncio.Task[None] | None = None
    installation: dependencies.Installation | None = None
    wanted: dependencies.DependencySet | None = None
    problem: Problem | None = None
    syntax: dict[Path, Problem] = field(default_factory=dict)

    def stop_installing(self) -> None:
        """What is being installed is not wanted any more."""
        if self.installing is not None:
            self.installing.cancel()
        if self.installation is not None:
            self.installation.cancel()


class ProjectLink:
    """Keeps the local Lambda's functions equal to what is in the project's folder."""

    def __init__(
        self,
        root: Path,
        account: str,
        region: str,
        functions: LinkedFunctions,
        broadcaster: Broadcaster,
    ) -> None:
        self._root = root
        self._account = account
        self._region = region
        self._functions = functions
        self._broadcaster = broadcaster
        self._state = StateDir(root)
        self._linked: dict[str, _Linked] = {}
        self._unchecked: set[str] = set()
        self._project = Project(root)
        # Not the event loop's own threads: reloads and cold starts need those meanwhile.
        self._installers = ThreadPoolExecutor(_INSTALLING_AT_ONCE, "install")
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Link what is there now and begin to watch."""
        await self._rediscover()
        self._watching = asyncio.create_task(self._watch(), name="watch the project")

    async def stop(self) -> None:
        """Stop watching and installing."""
        for linked in self._linked.values():
            linked.stop_installing()
        tasks = [linked.installing for linked in self._linked.values() if linked.installing]
        tasks += [self._watching] if self._watching else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._installers.shutdown(wait=False, cancel_futures=True)

    # -- what is in the project

    async def _rediscover(self) -> None:
        project = await asyncio.to_thread(
            discover, self._root, account=self._account, region=self._region
        )
        if project == self._project and self._linked:
            return
        self._project = project
        found = {source.name: source for source in self._project.functions}
        for name in set(self._functions.linked()) - found.keys():
            self._functions.unlink(name)
            if gone := self._linked.pop(name, None):
                gone.stop_installing()
        for name, source in found.items():
            known = self._linked.get(name)
            if known is None or known.source != source:
                if known is not None:
                    known.stop_installing()
                self._linked[name] = _Linked(source)
                self._unchecked.add(name)
                await self._link(name)
        self._broadcaster.send("functions", {})
        self._tell_problems()

    async def _check_new(self) -> None:
        """Look for syntax errors where nobody has looked yet: after linking, it takes a while."""
        while self._unchecked:
            linked = self._linked.get(self._unchecked.pop())
            if linked is not None:
                entry = handler_file(linked.source.code, linked.source.handler)
                await self._check(linked, [entry] if entry else [])
        self._tell_problems()

    async def _link(self, name: str) -> None:
        """Link one function, installing its dependencies first when that is needed."""
        linked = self._linked[name]
        linked.problem = None
        try:
            needed = await asyncio.to_thread(dependencies.needed, linked.source, self._state)
        except dependencies.DependencyError as error:
            linked.problem = Problem(linked.source.code / "package.json", str(error))
            needed = None
        if linked.installing and not linked.installing.done() and needed == linked.wanted:
            return  # saved again while just that is being installed
        linked.stop_installing()
        linked.wanted = needed
        if needed is None or needed.ready:
            self._functions.link(_link(linked.source, needed.folder if needed else None))
            return
        self._functions.link(_link(linked.source, None), pending="Installing its dependencies.")
        linked.installing = asyncio.create_task(self._install(linked, needed))

    async def _install(self, linked: _Linked, needed: dependencies.DependencySet) -> None:
        name = linked.source.name
        loop = asyncio.get_running_loop()
        installation = linked.installation = dependencies.Installation()

        def progress(detail: str, fraction: float | None) -> None:
            loop.call_soon_threadsafe(self._tell_installing, name, "installing", detail, fraction)

        self._tell_installing(name, "installing", "", None)
        try:
            await loop.run_in_executor(
                self._installers, dependencies.install, needed, progress, installation
            )
        except dependencies.DependencyError as error:
            linked.problem = Problem(needed.declared_in, str(error))
            self._functions.link(_link(linked.source, None))
            self._tell_installing(name, "failed", str(error), None)
            self._tell_problems()
        else:
            self._functions.link(_link(linked.source, needed.folder))
            self._tell_installing(name, "ready", "", 1.0)
        self._broadcaster.send("functions", {})

    # -- what changes in it

    async def _watch(self) -> None:
        while True:
            folders = self._folders()
            over = asyncio.Event()  # its own: watchfiles sets it when it is cancelled
            async with contextlib.aclosing(watch(self._root, folders, over)) as changes:
                upcoming = asyncio.ensure_future(anext(changes, None))
                try:
                    await asyncio.sleep(0)  # from here on it watches
                    await self._rediscover()  # what changed before that
                    self._unchecked |= self._linked.keys()
                    await self._check_new()
                    # Until the template names other folders: then those are to be watched.
                    while self._folders() == folders and (changed := await upcoming):
                        upcoming = asyncio.ensure_future(anext(changes, None))
                        await self._changed(changed)
                finally:
                    upcoming.cancel()
                    await asyncio.gather(upcoming, return_exceptions=True)

    def _folders(self) -> list[Path]:
        folders = {self._root}
        for source in self._project.functions:
            folders |= {source.code, *source.layers}
        return sorted(folders)

    async def _changed(self, changed: set[Path]) -> None:
        """React to saved, new and deleted files."""
        for name, linked in list(self._linked.items()):
            source = linked.source
            files = sorted(file for file in changed if _belongs(file, source))
            if not files:
                continue
            self._functions.code_changed(name, files)
            # An editor's own files are gone again by now.
            left = [file for file in files if file.exists()] or files
            shown = [str(file.relative_to(_home(file, source))) for file in left]
            self._broadcaster.send("reload", {"FunctionName": name, "Files": shown})
            await self._check(linked, files)
            if any(file.name in DEPENDENCY_FILES for file in files):
                await self._link(name)
        if self._may_change_functions(changed):
            await self._rediscover()
            await self._check_new()
        self._tell_problems()

    def _may_change_functions(self, changed: set[Path]) -> bool:
        if any(file.name in _DISCOVERY_FILES and file.parent == self._root for file in changed):
            return True
        from_template = any((self._root / name).is_file() for name in TEMPLATE_NAMES)
        if not from_template:
            return any(file.suffix in SOURCES for file in changed)
        # A handler's file may be gone, or be there again.
        moved = any(not file.exists() or file.is_dir() for file in changed)
        return moved or bool(self._project.problems)

    async def _check(self, linked: _Linked, files: list[Path]) -> None:
        for file in files:
            linked.syntax.pop(file, None)
            if file.suffix in SOURCES and file.is_file():
                problem = await asyncio.to_thread(syntax.check, file, linked.source.runtime)
                if problem:
                    linked.syntax[file] = problem

    # -- what is told

    def _tell_problems(self) -> None:
        problems = list(self._project.problems)
        for linked in self._linked.values():
            problems += linked.syntax.values()
            problems += [linked.problem] if linked.problem else []
        unique = {(p.file, p.line, p.message): p for p in problems}
        self._broadcaster.set_problems([_document(problem) for problem in unique.values()])

    def _tell_installing(self, name: str, state: str, detail: str, fraction: float | None) -> None:
        event = {"FunctionName": name, "State": state, "Detail": detail, "Fraction": fraction}
        self._broadcaster.send("dependencies", event)


def _belongs(file: Path, source: FunctionSource) -> bool:
    return any(file.is_relative_to(folder) for folder in (source.code, *source.layers))


def _home(file: Path, source: FunctionSource) -> Path:
    homes: Callable[[Path], bool] = file.is_relative_to
    return next(filter(homes, (source.code, *source.layers)))


def _link(source: FunctionSource, installed: Path | None) -> Link:
    return Link(
        name=source.name,
        folder=source.code,
        runtime=source.runtime,
        handler=source.handler,
        description=source.description,
        timeout=source.timeout,
        memory_size=source.memory_size,
        ephemeral_storage=source.ephemeral_storage,
        architecture=source.architecture,
        environment=source.environment,
        layers=source.layers,
        dependencies=installed,
    )


def _document(problem: Problem) -> dict[str, Any]:
    return {
        "File": str(problem.file),
        "Line": problem.line,
        "Column": problem.column,
        "Message": problem.message,
    }
