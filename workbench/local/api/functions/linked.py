"""Functions whose $LATEST is a folder of the project: made, changed and removed with it.

Publishing freezes what is in the folder then. UpdateFunctionConfiguration works on a linked
function and lasts until its declaration in the project changes; UpdateFunctionCode is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.local.api.code import images
from workbench.local.api.concurrency import declared_concurrency
from workbench.local.api.context import Context
from workbench.local.api.event_sources.declared_sources import DeclaredSources
from workbench.local.api.functions import configuration, function_urls, policies
from workbench.local.api.functions.specs import Specs
from workbench.local.api.functions.transitions import SETTLED, settled
from workbench.local.api.invoking import event_invoke_config
from workbench.local.arns import partition
from workbench.local.store.records import LATEST, Link, Version

# So many of the functions that appear are made ready ahead of their first invocation.
_PREPARED = 12


class LinkedFunctions:
    """What the project's side tells the API. Belongs to the event loop's thread.

    `notice` is told of a function and what it declares but cannot have.
    """

    def __init__(
        self,
        context: Context,
        specs: Specs,
        sources: DeclaredSources,
        notice: Callable[[str, str], None],
    ) -> None:
        self._context = context
        self._notice = notice
        self._functions = context.store.functions
        self._specs = specs
        self._sources = sources
        self._prepared = 0
        specs.on_stale = self.code_changed

    def link(self, *links: Link, pending: str | None = None) -> None:
        """Make or update the functions whose $LATEST is `link.folder`, in one transaction.

        `pending` is why they cannot be invoked yet (their State is then Pending), None when they
        can.
        """
        written: list[tuple[Version, Link]] = []
        altered: list[str] = []
        urls: list[Link] = []
        configs: list[Link] = []
        permitted: list[tuple[Link, Link | None]] = []
        limited: list[tuple[Link, Link | None]] = []
        for link in links:
            earlier = self._functions.link_of(link.name)
            latest, version = self._wanted(link, earlier, pending)
            if version is not latest:
                written.append((version, link))
            if link.url != (earlier.url if earlier else None):
                urls.append(link)
            if link.event_invoke_config != (earlier.event_invoke_config if earlier else None):
                configs.append(link)
            if link.permissions != (earlier.permissions if earlier else ()):
                permitted.append((link, earlier))
            if declared_concurrency.is_changed(earlier, link):
                limited.append((link, earlier))
            if latest is not None and version is not latest:
                altered.append(link.name)
            elif pending is None and self._prepared < _PREPARED:
                self._prepared += 1
                self._context.runtime.prepare(self._specs.spec(version))
        if written:
            self._functions.put_linked(written)
        for link in urls:
            function_urls.declare(self._context, link.name, link.url)
        for link in configs:
            event_invoke_config.declare(self._context, link.name, link.event_invoke_config)
        for link, earlier in permitted:
            before = earlier.permissions if earlier else ()
            policies.declare(self._context, link.name, before, link.permissions)
        for link, earlier in limited:
            if (refused := declared_concurrency.declare(self._context, earlier, link)) is not None:
                self._notice(link.name, refused)
        for link in links:
            self._sources.declare(link.name, link.event_sources)
        for name in altered:  # nothing runs of those that are new
            self._functions.changed(name)

    def _wanted(
        self, link: Link, earlier: Link | None, pending: str | None
    ) -> tuple[Version | None, Version]:
        """$LATEST as it is, None for a new function, and as it is to be: the same if it stays."""
        name = link.name
        latest = self._functions.version(name, LATEST)
        kept = latest is not None and earlier is not None and _declares_the_same(earlier, link)
        wanted = dict(latest.configuration) if kept and latest else self._configuration(link)
        states = {"State": "Pending", "StateReason": pending, "StateReasonCode": "Creating"}
        wanted = configuration.changed(wanted, SETTLED if pending is None else _words(states))
        # Layers that UpdateFunctionConfiguration gave it last as long as its declaration.
        layers = latest.layers if kept and latest and "Layers" in wanted else link.layers
        image = latest.image if kept and latest else link.image
        folder = link.folder if image is None else None
        version = Version(name, LATEST, wanted, "", folder, layers, link.dependencies, image=image)
        if latest is not None and kept and _same(latest, version):
            return latest, latest
        return latest, version

    def unlink(self, name: str) -> None:
        """The project has this function no longer: it goes, unless versions were published; its
        $LATEST is then the last of them."""
        self._sources.declare(name, ())
        versions = self._functions.versions(function=name, limit=100_000)
        if len(versions) < 2:
            self._functions.delete(name)
            return
        last = versions[-1]
        latest = {**settled(dict(last.configuration)), "Version": LATEST}
        self._functions.put_version(replace(last, version=LATEST, configuration=latest, source=""))
        self._functions.forget_link(name)

    def linked(self) -> Iterable[str]:
        """The names of all linked functions, of earlier runs too."""
        return self._functions.linked()

    def code_changed(self, name: str, files: Collection[Path] = ()) -> None:
        """These files of the function changed: the next invocation runs the new code.

        Nothing happens when an invocation came before the news and has seen the change itself.
        """
        if self._specs.has_seen(name, files):
            return
        version = self._functions.version(name, LATEST)
        if version is not None and version.folder is not None:
            self._context.store.code.forget(version.folder)
            self._specs.code_changed(name)
            self._functions.changed(name)

    def _configuration(self, link: Link) -> dict[str, Any]:
        config = self._context.config
        role = f"arn:{partition(config.region)}:iam::{config.account}:role/workbench"
        made = configuration.created(
            self._context,
            link.name,
            {
                "Role": role,
                "Architectures": [link.architecture],
                "LoggingConfig": dict(link.logging),
                "PackageType": "Zip" if link.image is None else images.IMAGE,
                "ImageConfig": link.image_config,
            },
        )
        if link.image is None:
            made.update(Runtime=link.runtime, Handler=link.handler)
        else:
            made = configuration.with_code(made, link.image.digest, 0)
        made.update(
            Description=link.description,
            Timeout=link.timeout,
            MemorySize=link.memory_size,
            EphemeralStorage={"Size": link.ephemeral_storage},
            TracingConfig={"Mode": "Active" if link.active_tracing else "PassThrough"},
        )
        if link.dead_letter_arn is not None:
            made["DeadLetterConfig"] = {"TargetArn": link.dead_letter_arn}
        if link.environment:
            made["Environment"] = {"Variables": dict(link.environment)}
        return made


def _words(states: dict[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in states.items() if value is not None}


def _declares_the_same(earlier: Link, link: Link) -> bool:
    alike = replace(
        earlier, folder=link.folder, layers=link.layers, dependencies=link.dependencies,
        environment=dict(earlier.environment),
    )  # fmt: skip
    return alike == replace(link, environment=dict(link.environment))


def _same(latest: Version, version: Version) -> bool:
    volatile = ("RevisionId", "LastModified")
    before, after = (
        {key: value for key, value in v.configuration.items() if key not in volatile}
        for v in (latest, version)
    )
    return before == after and replace(latest, configuration={}) == replace(
        version, configuration={}
    )
