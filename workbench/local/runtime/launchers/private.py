"""What every launcher does about file systems."""

from __future__ import annotations

from pathlib import Path

from workbench.local.runtime.filesystem.file_systems import FileSystem, FileSystemError
from workbench.local.runtime.filesystem.places import contents
from workbench.local.runtime.launchers import Launch, LaunchError
from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.variables import Machine


async def file_system_for(
    spec: FunctionSpec, machine: Machine, language: Path | None, empty: FileSystem | None = None
) -> FileSystem | None:
    """A new environment's file system (`empty`, if given, furnished), or None where there is none.

    `language` is the interpreter's folder. Raises LaunchError.
    """
    if machine.file_systems is None or not await machine.file_systems.ready():
        return None
    if not spec.task_root.is_dir():
        raise LaunchError("Runtime.InvalidWorkingDir", f"{spec.task_root}: no such folder")
    try:
        return await machine.file_systems.make(contents(spec, language), empty)
    except FileSystemError as error:
        raise LaunchError("Sandbox.Failure", str(error)) from error


def task_root(launch: Launch) -> Path:
    """The task root as the function sees it."""
    return Path(launch.variables["LAMBDA_TASK_ROOT"])
