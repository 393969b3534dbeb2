"""Which Python and which Node.js on this machine run a function's runtime.

Looked for on PATH, in the folders where version managers (pyenv, uv, mise, asdf, nvm) install,
and, for Python, the one this program runs on. Each answer is kept for the life of the process.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.project import runtimes

# Our Python bootstrap is written for 3.8 and newer.
OLDEST_PYTHON = 8
_NEWEST_PYTHON = 20
_PROBE_TIMEOUT_S = 10
_PYTHON_PROBE = (
    "import sys; print('%d.%d.%d' % sys.version_info[:3]); "
    "print(getattr(sys, '_base_executable', None) or sys.executable)"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program that runs a runtime's functions.

    `version` is the full version ("3.12.1"). `exact` is False when it stands in for a version
    that is not here; `explanation` is then a sentence that says so (otherwise "").
    """

    path: Path
    version: str
    exact: bool = True
    explanation: str = ""

    @property
    def minor(self) -> str:
        """The first two numbers of the version: "3.12"."""
        return ".".join(self.version.split(".")[:2])


@functools.cache
def python_for(runtime: str) -> Interpreter | None:
    """The Python for `runtime` ("python3.12"): that version, else the nearest newer, else older.

    A virtual environment's Python is never returned, but the one it was made from, so that the
    environment's packages stay out of functions. None when there is none: see `reason_missing`.
    """
    wanted = runtimes.python_minor(runtime)
    if wanted is None:
        return None
    for minor in _by_nearness(wanted, OLDEST_PYTHON, _NEWEST_PYTHON):
        found = _python(minor)
        if found is not None:
            path, version = found
            if minor == wanted:
                return Interpreter(path, version)
            why = (
                f"the workbench runs Python 3.{OLDEST_PYTHON} and newer"
                if wanted < OLDEST_PYTHON
                else f"{runtime} is not on this machine"
            )
            return Interpreter(path, version, False, f"{why}: runs on Python 3.{minor}")
    return None


@functools.cache
def node_for(runtime: str) -> Interpreter | None:
    """The Node.js for `runtime` ("nodejs22.x"): that major, else the nearest newer, else older.

    None when there is none: see `reason_missing`.
    """
    wanted = runtimes.node_major(runtime)
    installed = _nodes()
    if wanted is None or not installed:
        return None
    for major in _by_nearness(wanted, 1, max(installed)):
        if major in installed:
            path, version = installed[major]
            if major == wanted:
                return Interpreter(path, version)
            explanation = f"{runtime} is not on this machine: runs on Node.js {major}"
            return Interpreter(path, version, False, explanation)
    return None


def interpreter_for(runtime: str) -> Interpreter | None:
    """`python_for` or `node_for`, whichever `runtime` asks for; None for other runtimes too."""
    return python_for(runtime) if runtime.startswith("python") else node_for(runtime)


def reason_missing(runtime: str) -> str:
    """A sentence for a person, to be shown when there is no interpreter for `runtime`."""
    if runtimes.python_minor(runtime) is not None:
        return (
            f"{runtime} needs Python 3.{OLDEST_PYTHON} or newer, and none is on this machine: "
            "install one and start again."
        )
    if runtimes.node_major(runtime) is not None:
        return f"{runtime} needs Node.js, and none is on this machine: install it and start again."
    return f"{runtime} is neither a Python nor a Node.js runtime."


@functools.cache
def default_python_runtime() -> str:
    """The runtime for Python files without a template: the Python this program runs on."""
    return runtimes.nearest_python(sys.version_info.minor)


@functools.cache
def default_node_runtime() -> str:
    """The runtime for Node.js files without a template: what `node` on PATH is."""
    on_path = _node_on_path()
    return runtimes.nearest_node(int(on_path[1].split(".")[0])) if on_path else "nodejs22.x"


def _by_nearness(wanted: int, low: int, high: int) -> Iterator[int]:
    yield from range(max(wanted, low), high + 1)
    yield from range(min(wanted - 1, high), low - 1, -1)


@functools.cache
def _python(minor: int) -> tuple[Path, str] | None:
    """A working Python 3.`minor` and its full version."""
    if sys.version_info[:2] == (3, minor):
        own = Path(getattr(sys, "_base_executable", None) or sys.executable)
        if own.is_file():
            return own, ".".join(map(str, sys.version_info[:3]))
    for candidate in _python_candidates(minor):
        found = _probe_python(candidate)
        if found is not None and found[1].startswith(f"3.{minor}."):
            return found
    return None


def _python_candidates(minor: int) -> Iterator[Path]:
    name = f"python3.{minor}.exe" if os.name == "nt" else f"python3.{minor}"
    scripts: list[Path] = []
    for folder in os.get_exec_path():
        program = Path(folder) / name
        if os.access(program, os.X_OK) and program.is_file():
            # Shims are shell scripts: ten times slower, and often for a version not active.
            if _is_script(program):
                scripts.append(program)
            else:
                yield program
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    for installs in (
        pyenv / "versions",
        home / ".local/share/uv/python",
        home / ".local/share/mise/installs/python",
        home / ".asdf/installs/python",
    ):
        for program in sorted(installs.glob(f"*/bin/{name}"), key=_by_version, reverse=True):
            if not _is_script(program):
                yield program
    yield from scripts
    for plain in ("python3", "python"):
        unversioned = shutil.which(plain)
        if unversioned and not _is_script(Path(unversioned)):
            yield Path(unversioned)


def _by_version(program: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", program.parts[-3])]


@functools.cache
def _is_script(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True


@functools.cache
def _probe_python(program: Path) -> tuple[Path, str] | None:
    output = _run([str(program), "-I", "-S", "-c", _PYTHON_PROBE])
    if output is None:
        return None
    version, _, base = output.strip().partition("\n")
    path = Path(base)
    return (path if path.is_file() else program), version


@functools.cache
def _nodes() -> dict[int, tuple[Path, str]]:
    """Installed Node.js by major version; the one on PATH wins, then the newest."""
    home = Path.home()
    nvm = Path(os.environ.get("NVM_DIR") or home / ".nvm")
    found: dict[int, tuple[Path, str]] = {}
    on_path = _node_on_path()
    if on_path is not None:
        found[int(on_path[1].split(".")[0])] = on_path
    for installs in (
        nvm / "versions/node",
        home / ".local/share/mise/installs/node",
        home / ".asdf/installs/nodejs",
    ):
        # The folder is named after the version, so nothing needs to be started.
        for program in sorted(installs.glob("*/bin/node"), key=_by_version, reverse=True):
            version = program.parts[-3].removeprefix("v")
            if re.fullmatch(r"\d+\.\d+\.\d+", version):
                found.setdefault(int(version.split(".")[0]), (program, version))
    return found


@functools.cache
def _node_on_path() -> tuple[Path, str] | None:
    program = shutil.which("node")
    if program is None:
        return None
    version = (_run([program, "--version"]) or "").strip()
    if not re.fullmatch(r"v\d+\.\d+\.\d+.*", version):
        return None
    return Path(program), version.removeprefix("v")


def _run(command: list[str]) -> str | None:
    """What a probe printed, or None when it failed: a dead shim is no interpreter."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
