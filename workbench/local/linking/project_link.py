"""A project's folders as functions: found, kept up to date, reloaded when a file is saved.

Each function of the project is *linked*: its $LATEST is its folder. Saving a file in it gives the
function a new identity, so that the next invocation takes an environment with the new code. A
change of the template (or, without one, of which handlers there are) is read again as a whole.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from workbench.local.broadcast import Broadcaster
from workbench.local.containers.images import of_project
from workbench.local.linking.links import link_of
from workbench.local.linking.syntax_checks import Source, SyntaxChecks
from workbench.local.store.records import Link
from workbench.project import dependencies
from workbench.project.discover import TEMPLATE_NAMES, discover
from workbench.project.front_doors.front_door import Declared
from workbench.project.handlers.handler_file import SOURCES, handler_file
from workbench.project.records import FunctionSource, Problem, Project, Resource
from workbench.project.state_dir import StateDir
from workbench.project.watch import watch

DEPENDENCY_FILES = ("requirements.txt", "package.json", "package-lock.json")
_INSTALLING_AT_ONCE = 2
# Between so many functions the event loop serves others: some 20 ms.
_AT_ONCE = 100
_SAVING_S = 0.1
_DISCOVERY_FILES = (*TEMPLATE_NAMES, "samconfig.toml")


class LinkedFunctions(Protocol):
    """What linking needs of the API's functions. Belongs to the event loop's thread."""

    def link(self, *links: Link, pending: str | None = None) -> None:
        """Make or update the functions whose $LATEST is `link.folder`, all at once.

        `pending` is why they cannot be invoked yet (their State is then Pending), None when they
        can.
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

    def stop_installing(self) -> None:
        """What is being installed is not wanted any more."""
        if self.installing is not None:
            self.installing.cancel()
        if self.installation is not None:
            self.installation.cancel()


class ProjectLink:
    """Keeps the local Lambda's functions equal to what is in the project's folder.

    `endpoint` is where the queues of its template are ("" for AWS itself); `declare` is told the
    resources beside the functions whenever they were read.
    """

    def __init__(
        self,
        root: Path,
        account: str,
        region: str,
        endpoint: str,
        functions: LinkedFunctions,
        declare: Callable[[tuple[Resource, ...]], None],
        serve: Callable[[tuple[Declared, ...]], None],
        broadcaster: Broadcaster,
    ) -> None:
        self._root = root
        self._account = account
        self._region = region
        self._endpoint = endpoint
        self._declare = declare
        self._serve = serve
        self._functions = functions
        self._broadcaster = broadcaster
        self._state = StateDir(root)
        self._linked: dict[str, _Linked] = {}
        self._by_folder: dict[Path, list[str]] = {}
        self._project = Project(root)
        self._syntax = SyntaxChecks(self._concerns, self._tell_problems)
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
        await self._syntax.stop()
        self._installers.shutdown(wait=False, cancel_futures=True)

    # -- what is in the project

    async def _rediscover(self) -> None:
        project = await self._discovered()
        self._declare(project.resources)
        if project == self._project and self._linked:
            return
        self._project = project
        found = {source.name: source for source in project.functions}
        async for name in _in_slices(set(self._functions.linked()) - found.keys()):
            self._functions.unlink(name)
            if gone := self._linked.pop(name, None):
                gone.stop_installing()
        new: list[str] = []
        for name, source in found.items():
            known = self._linked.get(name)
            if known is None or known.source != source:
                if known is not None:
                    known.stop_installing()
                self._linked[name] = _Linked(source)
                new.append(name)
        self._by_folder.clear()
        for name, source in found.items():
            for folder in set(source.folders):
                self._by_folder.setdefault(folder, []).append(name)
        await self._link(sorted(new))  # neighbours in the database are quicker to write
        self._serve((*project.apis, *project.fronts))
        self._broadcaster.send("functions", {})
        self._tell_problems()
        if self._watching is not None:  # else the watch, once it has begun, looks at all of them
            await self._check_handlers(new)

    async def _discovered(self) -> Project:
        """What is in the project now. A file that is being saved may be gone, empty or cut short
        for a moment: what would be taken away is looked for until two looks are alike, because a
        function's settings and its queued events would be deleted with it."""
        project, before = await self._look(), None
        while project != before and self._takes_away(project):
            await asyncio.sleep(_SAVING_S)
            project, before = await self._look(), project
        return project

    async def _look(self) -> Project:
        return await asyncio.to_thread(
            discover,
            self._root,
            account=self._account,
            region=self._region,
            endpoint=self._endpoint,
        )

    def _takes_away(self, project: Project) -> bool:
        """Whether functions or front doors that were there are in this project no longer."""
        there = {source.name for source in project.functions}
        return not (self._linked.keys() <= there and _doors(self._project) <= _doors(project))

    async def _check_handlers(self, names: Iterable[str]) -> None:
        """Look for syntax errors where nobody has looked yet: after linking, it takes a while."""
        sources = [linked.source for name in names if (linked := self._linked.get(name))]
        self._syntax.check(await asyncio.to_thread(_handler_files, sources))

    async def _link(self, names: Collection[str]) -> None:
        """Link functions, installing their dependencies first when that is needed."""
        sources = [self._linked[name].source for name in names]
        images = await of_project({source.image_uri for source in sources if source.image_uri})
        needs = iter(await asyncio.to_thread(_needs, sources, self._state))
        for slice_ in _slices(names):
            ready: list[Link] = []
            waiting: list[tuple[_Linked, dependencies.DependencySet]] = []
            for linked, needed in zip(map(self._linked.__getitem__, slice_), needs, strict=False):
                linked.problem = None
                if isinstance(needed, Problem):
                    linked.problem, needed = needed, None
                if linked.installing and not linked.installing.done() and needed == linked.wanted:
                    continue  # saved again while just that is being installed
                linked.stop_installing()
                linked.wanted = needed
                if needed is None or needed.ready:
                    image = images.get(linked.source.image_uri or "")
                    ready.append(link_of(linked.source, needed.folder if needed else None, image))
                else:
                    waiting.append((linked, needed))
            self._functions.link(*ready)
            unready = (link_of(linked.source, None) for linked, _ in waiting)
            self._functions.link(*unready, pending="Installing its dependencies.")
            for linked, needed in waiting:
                linked.installing = asyncio.create_task(self._install(linked, needed))
            await asyncio.sleep(0)

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
            self._functions.link(link_of(linked.source, None))
            self._tell_installing(name, "failed", str(error), None)
            self._tell_problems()
        else:
            self._functions.link(link_of(linked.source, needed.folder))
            self._tell_installing(name, "ready", "", 1.0)
        self._broadcaster.send("functions", {})

    # -- what changes in it

    async def _watch(self) -> None:
        while True:
            folders = self._folders()
            begun = asyncio.Event()
            over = asyncio.Event()  # its own: watchfiles sets it when it is cancelled
            async with contextlib.aclosing(watch(self._root, folders, over, begun)) as changes:
                upcoming = asyncio.ensure_future(anext(changes, None))
                try:
                    await begun.wait()
                    await self._rediscover()  # what changed before that
                    await self._check_handlers(self._linked)
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
            folders |= set(source.folders)
        return sorted(folders)

    async def _changed(self, changed: set[Path]) -> None:
        """React to saved, new and deleted files."""
        there = {file for file in changed if file.exists()}
        touched: dict[str, list[Path]] = {}
        for file in sorted(changed):
            for name in self._owners(file):
                touched.setdefault(name, []).append(file)
        sources: set[Source] = set()
        async for name in _in_slices(touched):
            files, source = touched[name], self._linked[name].source
            self._functions.code_changed(name, files)
            # An editor's own files are gone again by now.
            left = [file for file in files if file in there] or files
            shown = [str(file.relative_to(_home(file, source))) for file in left]
            self._broadcaster.send("reload", {"FunctionName": name, "Files": shown})
            sources |= {(file, source.runtime) for file in files if file.suffix in SOURCES}
        self._syntax.check(sources)
        asking = {file for file in changed if file.name in DEPENDENCY_FILES}
        await self._link([name for name, files in touched.items() if not asking.isdisjoint(files)])
        if self._may_change_functions(changed):
            await self._rediscover()
        self._tell_problems()

    def _owners(self, file: Path) -> set[str]:
        """The functions that have `file` in their code or layers."""
        places = (self._by_folder.get(place, ()) for place in (file, *file.parents))
        return {name for names in places for name in names}

    def _concerns(self, source: Source) -> bool:
        file, runtime = source
        return any(self._linked[name].source.runtime == runtime for name in self._owners(file))

    def _may_change_functions(self, changed: set[Path]) -> bool:
        if any(file.name in _DISCOVERY_FILES and file.parent == self._root for file in changed):
            return True
        from_template = any((self._root / name).is_file() for name in TEMPLATE_NAMES)
        if not from_template:
            return any(file.suffix in SOURCES for file in changed)
        # A handler's file may be gone, or be there again.
        moved = any(not file.exists() or file.is_dir() for file in changed)
        return moved or bool(self._project.problems)

    # -- what is told

    def _tell_problems(self) -> None:
        problems = list(self._project.problems)
        for linked in self._linked.values():
            problems += [linked.problem] if linked.problem else []
        problems += self._syntax.problems
        unique = {(p.file, p.line, p.message): p for p in problems}
        self._broadcaster.set_problems([_document(problem) for problem in unique.values()])

    def _tell_installing(self, name: str, state: str, detail: str, fraction: float | None) -> None:
        event = {"FunctionName": name, "State": state, "Detail": detail, "Fraction": fraction}
        self._broadcaster.send("dependencies", event)


def _doors(project: Project) -> set[tuple[str, str]]:
    return {(door.kind, door.name) for door in (*project.apis, *project.fronts)}


def _slices(names: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(names)
    while slice_ := list(islice(remaining, _AT_ONCE)):
        yield slice_


async def _in_slices(names: Iterable[str]) -> AsyncIterator[str]:
    """Each of the names, the event loop serving others now and then."""
    for slice_ in _slices(names):
        for name in slice_:
            yield name
        await asyncio.sleep(0)


def _needs(
    sources: Iterable[FunctionSource], state: StateDir
) -> list[dependencies.DependencySet | Problem | None]:
    """What each function asks to be installed, or why that cannot be told."""
    known: dict[tuple[Path, str, str], dependencies.DependencySet | Problem | None] = {}
    needs = []
    for source in sources:
        key = source.code, source.runtime, source.handler
        if key not in known:
            try:
                known[key] = dependencies.needed(source, state)
            except dependencies.DependencyError as error:
                known[key] = Problem(source.code / "package.json", str(error))
        needs.append(known[key])
    return needs


def _handler_files(sources: Iterable[FunctionSource]) -> list[Source]:
    coded = (source for source in sources if source.image_uri is None)
    handlers = {(source.code, source.handler, source.runtime): None for source in coded}
    files = ((handler_file(code, handler), runtime) for code, handler, runtime in handlers)
    return [(file, runtime) for file, runtime in files if file is not None]


def _home(file: Path, source: FunctionSource) -> Path:
    homes: Callable[[Path], bool] = file.is_relative_to
    return next(filter(homes, (source.code, *source.layers)))


def _document(problem: Problem) -> dict[str, Any]:
    return {
        "File": str(problem.file),
        "Line": problem.line,
        "Column": problem.column,
        "Message": problem.message,
    }
