"""A function's folder as the package that AWS gets: its files and its dependencies, zipped."""

from __future__ import annotations

import base64
import hashlib
import platform
import re
import stat
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from workbench.project import dependencies
from workbench.project.code_files import files_of
from workbench.project.dependencies import DependencyError
from workbench.project.records import FunctionSource
from workbench.project.state_dir import StateDir

# lambda-facts §10.1: what UpdateFunctionCode takes directly, and what may come of it.
MAX_ZIPPED = 52_428_800
MAX_UNZIPPED = 262_144_000

_NATIVE = (".so", ".node", ".dylib", ".pyd")
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
# CloudFormation's names of functions that have none of their own: stack, logical id, random part.
_GENERATED = re.compile(r"(?P<stack>.+)-(?P<logical_id>[A-Za-z0-9]+)-[A-Za-z0-9]{12}")


class PackagingError(Exception):
    """No package can be made. The message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Package:
    """A zip as Lambda takes it. `unzipped` is in bytes, `files` counts all of them,
    `installed` those of dependencies; `warnings` are sentences."""

    archive: bytes
    files: int
    installed: int = 0
    unzipped: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The archive's hash as Lambda tells it (CodeSha256)."""
        return base64.b64encode(hashlib.sha256(self.archive).digest()).decode()


def source_of(name: str, functions: Iterable[FunctionSource]) -> FunctionSource | None:
    """The function in the folder that was deployed as `name`: by the same name, or by the logical
    id in a name that CloudFormation made (stack-LogicalId-RANDOM)."""
    by_name = {function.name: function for function in functions}
    if name in by_name:
        return by_name[name]
    generated = _GENERATED.fullmatch(name)
    return by_name.get(generated["logical_id"]) if generated else None


def stack_of(name: str) -> str | None:
    """The stack in a function's name that CloudFormation made, None in any other."""
    generated = _GENERATED.fullmatch(name)
    return generated["stack"] if generated else None


def build(source: FunctionSource, state: StateDir, on_progress: Callable[[str], None]) -> Package:
    """Make the package of a function; its dependencies are installed first where they are not.

    The same files give the same bytes. Blocks. Raises PackagingError and DependencyError.
    """
    if source.image_uri is not None:
        raise PackagingError(f"{source.name} is a container image: push it with `docker push`.")
    if source.code.is_file():
        return of_archive(source.code.read_bytes())
    if not source.code.is_dir():
        raise PackagingError(f"There is no folder {source.code}.")
    files = dict(files_of(source.code))
    installed = _installed(source, state, on_progress)
    on_progress("Zipping …")
    # The function's own files win, as on the local Lambda's path.
    every = {**installed, **files}
    if not files:
        raise PackagingError(f"{source.code} holds no files.")
    archive, unzipped = _zip(every)
    return Package(
        archive,
        len(every),
        len(every) - len(files),
        unzipped,
        tuple(_warnings(source, every)),
    )


def of_archive(archive: bytes) -> Package:
    """The package that a zip is already. Raises PackagingError."""
    try:
        with zipfile.ZipFile(BytesIO(archive)) as contents:
            members = [member for member in contents.infolist() if not member.is_dir()]
    except zipfile.BadZipFile as error:
        raise PackagingError(f"The package is no zip: {error}.") from error
    size = sum(member.file_size for member in members)
    _check_sizes(len(archive), size)
    return Package(archive, len(members), 0, size)


def _installed(
    source: FunctionSource, state: StateDir, on_progress: Callable[[str], None]
) -> dict[str, Path]:
    wanted = dependencies.needed(source, state)
    if wanted is None:
        return {}
    if not wanted.ready:
        dependencies.install(wanted, lambda words, share: on_progress(words))
    if wanted.is_node:
        modules = wanted.folder / "node_modules"
        return {f"node_modules/{name}": path for name, path in files_of(modules)}
    # The installer's scripts begin with this machine's Python.
    return {name: path for name, path in files_of(wanted.folder) if not name.startswith("bin/")}


def _zip(files: dict[str, Path]) -> tuple[bytes, int]:
    buffer, total = BytesIO(), 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as contents:
        for name in sorted(files):
            path = files[name]
            try:
                mode = path.lstat().st_mode
                data = str(path.readlink()).encode() if stat.S_ISLNK(mode) else path.read_bytes()
            except OSError as error:
                raise PackagingError(f"{path} cannot be read: {error.strerror}.") from error
            total += len(data)
            _check_sizes(0, total)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            # Lambda's own user is another than the owner: all must be able to read.
            entry.external_attr = (stat.S_IFMT(mode) | (0o755 if mode & 0o111 else 0o644)) << 16
            contents.writestr(entry, data, zipfile.ZIP_DEFLATED)
    archive = buffer.getvalue()
    _check_sizes(len(archive), total)
    return archive, total


def _check_sizes(zipped: int, unzipped: int) -> None:
    if unzipped > MAX_UNZIPPED:
        raise PackagingError(
            f"The package is larger than Lambda allows: {MAX_UNZIPPED / 2**20:.0f} MB unzipped. "
            "Leave something out, or use a layer or a container image."
        )
    if zipped > MAX_ZIPPED:
        raise PackagingError(
            f"The package has {zipped / 2**20:.0f} MB, and Lambda takes more than "
            f"{MAX_ZIPPED / 2**20:.0f} MB from an S3 bucket only: deploy it by `sam deploy` or "
            "`aws cloudformation package`, which put it there, or leave dependencies to a layer."
        )


def _warnings(source: FunctionSource, files: dict[str, Path]) -> Iterable[str]:
    native = [name for name in files if name.endswith(_NATIVE)]
    machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    if native and (sys.platform, machine) != ("linux", source.architecture):
        yield (
            f"Compiled files ({len(native)}, such as {native[0]}) are for {sys.platform} "
            f"{machine}, and the function runs on linux {source.architecture}."
        )


__all__ = ["DependencyError", "Package", "PackagingError", "build", "of_archive", "source_of"]
