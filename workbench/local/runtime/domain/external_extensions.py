"""External extensions: files in `extensions/` of the layers, each a process of its own (§1.5)."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

from workbench.local.runtime.domain.domain_process import DomainProcess
from workbench.local.runtime.filesystem.file_systems import FileSystem
from workbench.local.runtime.launchers import LaunchError
from workbench.local.runtime.launchers.spawn import check_executable, spawn
from workbench.local.runtime.records import FunctionSpec

# What the runtime's process has and extensions have not, besides names that begin with "_".
_WITHHELD = frozenset(
    {
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)


class ExtensionLaunchError(Exception):
    """An extension cannot be started; `reason` is what its EXTENSION line says."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def extension_files(spec: FunctionSpec) -> dict[str, Path]:
    """The function's external extensions by name, in the order in which they are started.

    As on AWS that is every file, so one that is not executable fails the initialisation.
    """
    files: dict[str, Path] = {}
    for layer in spec.layers:  # a later layer wins
        folder = layer / "extensions"
        if folder.is_dir():
            files.update((file.name, file) for file in folder.iterdir() if not file.is_dir())
    return dict(sorted(files.items()))


def extension_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """What extensions see of the variables of a function's process."""
    return {
        name: value
        for name, value in variables.items()
        if name not in _WITHHELD and not name.startswith("_")
    }


def start_extension(
    file: Path,
    variables: Mapping[str, str],
    process: DomainProcess,
    file_system: FileSystem | None,
) -> None:
    """Start the extension in `file`, which is of a layer, as `process`; in its environment's
    `file_system` if there is one. Raises ExtensionLaunchError."""
    try:
        if file_system is not None:
            check_executable(file)
            file = Path("/opt/extensions", file.name)
        process.started(
            spawn([file], variables, Path("/"), process.exited, file_system=file_system)
        )
    except LaunchError as error:
        cause = error.__cause__
        assert isinstance(cause, OSError)
        raise ExtensionLaunchError(
            f"fork/exec /opt/extensions/{file.name}: {(cause.strerror or '').lower()}",
            "PermissionDenied" if cause.errno == errno.EACCES else "UnknownError",
        ) from error
