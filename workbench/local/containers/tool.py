"""Docker or Podman, spoken to by its command line: so contexts, logins and remote hosts count."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROGRAMS = ("docker", "podman")
# A daemon that hangs must not hold up whoever asks for ever; pulling may take its time.
_ANSWER_S = 30.0
_PULL_S = 1800.0
LOOPBACK = "127.0.0.1"


class ToolError(Exception):
    """The program refused, or its daemon does not answer. `str()` is what it said."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image that is on this machine. `id` is its own digest, `digests` are those it has in
    registries (`repository@sha256:…`); the rest is how its containers start."""

    id: str
    digests: tuple[str, ...]
    entry_point: tuple[str, ...]
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContainerTool:
    """The program at `program`, which is Docker's or Podman's. All calls raise ToolError."""

    program: Path

    @property
    def name(self) -> str:
        """What a person types: docker or podman."""
        return self.program.name

    async def run(
        self,
        *arguments: str,
        within: float = _ANSWER_S,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """What the program prints; it has so many seconds, and `variables` besides our own."""
        code, printed, error = await self._output(arguments, within, variables)
        if code:
            raise ToolError(error)
        return printed

    async def host(self) -> str:
        """By which name containers reach this machine: LOOPBACK where they can share its network
        and its kernel."""
        if self.name == "podman":
            await self.run("version")
            return LOOPBACK if sys.platform == "linux" else "host.containers.internal"
        system = await self.run("info", "--format", "{{.OperatingSystem}} {{.SecurityOptions}}")
        if "name=rootless" in system:
            raise ToolError("rootless Docker cannot reach 127.0.0.1 of this machine; Podman can")
        if sys.platform == "linux" and "Docker Desktop" not in system:
            return LOOPBACK
        return "host.docker.internal"

    async def image(self, *references: str) -> ImageFacts | None:
        """The first of the images that is on this machine, or None."""
        command = ("image", "inspect", "--format", "{{json .}}", *references)
        _, printed, error = await self._output(command, _ANSWER_S)
        if printed.strip():
            return _facts(json.loads(printed.splitlines()[0]))
        if "no such image" in error.lower() or "not known" in error:
            return None
        raise ToolError(error)

    async def pull(self, reference: str) -> None:
        """Have the image here."""
        await self.run("pull", "--quiet", reference, within=_PULL_S)

    async def _output(
        self, arguments: Sequence[str], within: float, variables: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Its exit status, what it printed, and the last line of what it complained of."""
        environment = None if variables is None else {**os.environ, **variables}
        try:
            process = await asyncio.create_subprocess_exec(
                self.program,
                *arguments,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                env=environment,
            )
        except OSError as error:
            raise ToolError(f"{self.program}: {error.strerror}") from error
        try:
            async with asyncio.timeout(within):
                printed, complaints = await process.communicate()
        except TimeoutError as error:
            raise ToolError(f"{self.name} does not answer") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        lines = complaints.decode(errors="replace").strip().splitlines()
        return process.returncode or 0, printed.decode(errors="replace"), "".join(lines[-1:])


def find_tool() -> ContainerTool | None:
    """The program for containers on PATH; Docker before Podman."""
    found = (shutil.which(name) for name in _PROGRAMS)
    return next((ContainerTool(Path(program)) for program in found if program), None)


def _facts(image: dict[str, object]) -> ImageFacts:
    config = image.get("Config")
    settings = config if isinstance(config, dict) else {}
    digests = image.get("RepoDigests")
    identity = str(image["Id"])
    return ImageFacts(
        identity if ":" in identity else f"sha256:{identity}",  # Podman leaves out the algorithm
        tuple(map(str, digests)) if isinstance(digests, list) else (),
        tuple(settings.get("Entrypoint") or ()),
        tuple(settings.get("Cmd") or ()),
    )
