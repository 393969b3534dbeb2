"""Functions that are container images: one container of Docker or Podman for each environment.

Containers reach their Runtime API on this machine's loopback, whose network they share; under
Docker Desktop and other virtual machines by the name that those have for this machine. As on AWS
the root is read-only but for /tmp, and the user is none of the image's choosing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.local.containers.leftovers import LABEL, note_containers, nothing_left
from workbench.local.containers.references import parse_reference
from workbench.local.containers.tool import (
    LOOPBACK,
    ContainerTool,
    ImageFacts,
    ToolError,
    find_tool,
)
from workbench.local.runtime.filesystem.file_systems import FileSystem
from workbench.local.runtime.filesystem.mark import mark
from workbench.local.runtime.launchers import Launch, LaunchError, OnExit, Process
from workbench.local.runtime.launchers.container_process import ContainerProcess
from workbench.local.runtime.records import ContainerImage, FunctionSpec, UnsupportedRuntime
from workbench.local.runtime.variables import Machine, platform_variables

# AWS's sandbox user; files that only root may read fail here as they do there.
_USER = "993:990"
_OPTIONS = (
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    f"--user={_USER}",
    "--pids-limit=1024",
    "--ulimit=nofile=1024:1024",
    "--log-driver=none",
)
# Variables by which the program itself would be led astray.
_ITS_OWN = re.compile(
    r"PATH|HOME|TMPDIR|TERM|(?:LD|DOCKER|CONTAINERS?|PODMAN|BUILDAH|XDG|SSH|GO|SSL)_?.*"
    r"|(?:HTTPS?|NO|ALL)_PROXY",
    re.IGNORECASE,
)
_XRAY = ("AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_ADDRESS")
# What this machine is called in endpoints where its network is not shared: the gate, which says
# why, lets no other foreign name pass.
_ENDPOINT_HOST = "workbench.localhost"
_STOPPING_S = 15.0


@dataclass(frozen=True, slots=True)
class _Ready:
    """What was found of an image: who runs it, how its containers reach us, what is in it."""

    tool: ContainerTool
    host: str
    facts: ImageFacts


class ContainerLauncher:
    """Starts containers. `state` is the folder by whose mark they are known after a crash."""

    def __init__(self, machine: Machine, state: Path) -> None:
        self._machine = machine
        self._state = state
        self._ready: dict[str, _Ready] = {}  # by the image's reference
        self._running: set[ContainerProcess] = set()

    def check(self, spec: FunctionSpec) -> ContainerTool:
        """The program that runs containers. Raises UnsupportedRuntime when there is none."""
        tool = find_tool()
        if tool is None:
            raise UnsupportedRuntime(f"{_needs(spec)}: install one of them and start it.")
        return tool

    async def file_system(self, spec: FunctionSpec) -> FileSystem | None:
        """None: a container has its own. Looks whether there is one to be had."""
        image = _image(spec)
        tool = self.check(spec)
        known = self._ready.get(image.reference)
        try:
            host = known.host if known and known.tool == tool else await tool.host()
            facts = await tool.image(*_names(image))
        except ToolError as error:
            raise UnsupportedRuntime(f"{_needs(spec)}, and {tool.name} says: {error}") from error
        if facts is None:
            raise UnsupportedRuntime(
                f"The image {image.uri} of {spec.name} is not on this machine: "
                f"`{tool.name} pull {image.uri}`, or build it with `{tool.name} build -t "
                f"{image.uri} …` and update the function's code."
            )
        self._ready[image.reference] = _Ready(tool, host, facts)
        return None

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        variables = platform_variables(spec, self._machine)
        command = self._command(spec)[1]
        if command:
            variables["_HANDLER"] = command[0]
        return variables

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        spec = launch.spec
        image = _image(spec)
        ready = self._ready[image.reference]
        entry_point, command = self._command(spec)
        program = [*entry_point, *command]
        if not program:
            raise LaunchError("Runtime.InvalidEntrypoint", f"{image.uri} has no entry point")
        create = ["create", *_OPTIONS, f"--label={LABEL}={mark(self._state)}"]
        create.append(f"--label=workbench.function={spec.name}:{spec.version}")
        if ready.host == LOOPBACK:
            create.append("--network=host")
        else:
            create.append(f"--add-host={_ENDPOINT_HOST}:host-gateway")
        # What is in /tmp counts as memory here: it gets its own share on top. That the function
        # itself takes no more than it has is watched as for other processes.
        create.append(f"--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777,size={spec.ephemeral_storage}m")
        limit = spec.memory_size + spec.ephemeral_storage
        create += [f"--memory={limit}m", f"--memory-swap={limit}m"]
        if image.working_directory:
            create.append(f"--workdir={image.working_directory}")
        options, variables = _given(_seen_from(ready.host, launch.variables))
        create += [*options, f"--entrypoint={program[0]}"]
        note_containers(self._state)
        process = ContainerProcess(
            ready.tool,
            create,
            [ready.facts.id, *program[1:]],
            variables,
            on_exit,
            shares_kernel=ready.host == LOOPBACK,
        )
        self._running.add(process)
        process.removed.add_done_callback(lambda _: self._running.discard(process))
        return process

    def _command(self, spec: FunctionSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Entry point and command: each the function's own, else the image's."""
        image = _image(spec)
        ready = self._ready.get(image.reference)
        if ready is None:
            return image.entry_point, image.command
        return image.entry_point or ready.facts.entry_point, image.command or ready.facts.command

    async def stop(self) -> None:
        """Return when no container is left; they were all killed."""
        if self._running:
            await asyncio.wait([each.removed for each in self._running], timeout=_STOPPING_S)
        if not self._running:
            nothing_left(self._state)


def _image(spec: FunctionSpec) -> ContainerImage:
    assert spec.image is not None
    return spec.image


def _needs(spec: FunctionSpec) -> str:
    return f"{spec.name} is a container image ({_image(spec).uri}), which needs Docker or Podman"


def _names(image: ContainerImage) -> list[str]:
    """By which names it may be here: one that was built and not pushed has its digest alone."""
    reference = parse_reference(image.reference)
    by_digest = [f"sha256:{reference.digest}"] if reference and reference.digest else []
    return [image.reference, *by_digest]


def _seen_from(host: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables with what they say of this machine's addresses true in the container."""
    if host == LOOPBACK:
        return dict(variables)
    hosts = dict.fromkeys(("AWS_LAMBDA_RUNTIME_API", *_XRAY), host)
    hosts |= {name: _ENDPOINT_HOST for name in variables if name.startswith("AWS_ENDPOINT_URL")}
    return {
        name: value.replace(LOOPBACK, hosts.get(name, LOOPBACK))
        for name, value in variables.items()
    }


def _given(variables: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Options that set `variables`, and those of them that the program takes from its own: so
    that secrets are on no command line."""
    own = {name: value for name, value in variables.items() if not _ITS_OWN.fullmatch(name)}
    options = [
        f"--env={name}" if name in own else f"--env={name}={value}"
        for name, value in variables.items()
    ]
    return options, own
