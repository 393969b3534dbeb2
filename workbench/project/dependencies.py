"""Third-party packages of a function: `requirements.txt` or `package.json` beside its code.

Each distinct set is installed once into `.workbench/dependencies/<hash>/`. The hash covers what
is asked for, the interpreter's version and the platform, so a change makes another set, and a
set that is there is complete: it is put in place by a rename.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.project import interpreters, runtimes
from workbench.project.files import exclusive
from workbench.project.interpreters import Interpreter
from workbench.project.records import FunctionSource
from workbench.project.state_dir import StateDir

Progress = Callable[[str, float | None], None]

_WAIT_FOR_OTHER_S = 15 * 60
_LAST_LINES = 12
_LOCK_FILES = ("package-lock.json", "npm-shrinkwrap.json")
_NODE_KINDS = ("dependencies", "optionalDependencies", "devDependencies", "peerDependencies")
_BUILT = re.compile(r"/(\.|build/|node_modules/|__pycache__/|[^/]*\.egg-info/)")
_COLLECTING = re.compile(r"^(?:Collecting|Processing|Requirement already satisfied:) +(\S+)")


# What the tools say about themselves rather than about the packages.
_NOISE = re.compile(r"WARNING:|Looking in |npm warn |npm error A complete log|[\s\u2501-\u257f]")
_ERROR = re.compile(r"ERROR:|error:|npm error ")
_VERSIONS = re.compile(r"\(from versions: (?:[^)]*, )?((?:[^,)]+, ){2}[^,)]+)\)")


class DependencyError(Exception):
    """Packages could not be installed. The message has the tool's last lines."""


@dataclass(frozen=True, slots=True)
class DependencySet:
    """Packages to install. `folder` is where they are once `ready`.

    For Python the packages lie in `folder` itself (to be put on sys.path), for Node.js in
    `folder/node_modules`. `declared_in` is the requirements.txt or package.json; `expected` is
    roughly how many packages there are, for progress.
    """

    folder: Path
    declared_in: Path
    interpreter: Interpreter
    expected: int

    @property
    def ready(self) -> bool:
        """Whether they are installed. Asks the file system each time."""
        return self.folder.is_dir()

    @property
    def is_node(self) -> bool:
        """Whether npm installs it, or else pip."""
        return self.declared_in.name == "package.json"


class Installation:
    """Lets another thread end an installation that runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """End it: `install` raises DependencyError. Also one that has not begun yet."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    @contextlib.contextmanager
    def running(self, command: list[str], where: Path) -> Iterator[subprocess.Popen[str]]:
        """The process of `command` in folder `where`, which `cancel` can kill while it runs."""
        with self._lock:
            if self._cancelled:
                raise DependencyError("The installation was cancelled.")
            self._process = process = subprocess.Popen(
                command,
                cwd=where,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        with process:
            yield process
            process.wait()
            with self._lock:
                self._process = None


def needed(function: FunctionSource, state: StateDir) -> DependencySet | None:
    """The packages `function` asks for, or None: no file, an empty one, or they are there already.

    For Node.js a `node_modules` beside the package.json is used as it is. None also without an
    interpreter (the invocation tells that). Raises DependencyError for a broken package.json.
    """
    if not function.code.is_dir():
        return None
    if runtimes.python_minor(function.runtime) is not None:
        path = _beside(function, "requirements.txt")
        if path is None or not (lines := list(_requirements(path))):
            return None
        interpreter = interpreters.python_for(function.runtime)
        content = "\n".join(lines)
        # Everything counts that a line may point to: a local package is rebuilt when it changes.
        content += "".join(map(_stamp, _local_paths(lines, path.parent)))
        expected = sum(not line.startswith("-") for line in lines)
    elif runtimes.node_major(function.runtime) is not None:
        path = _beside(function, "package.json")
        if path is None or (path.parent / "node_modules").is_dir():
            return None
        asked = _node_dependencies(path)
        if not asked:
            return None
        interpreter = interpreters.node_for(function.runtime)
        content = json.dumps(asked, sort_keys=True)
        local = [v.removeprefix("file:") for v in asked.values() if _is_local(v)]
        content += "".join(_stamp(path.parent / where) for where in local)
        content += "".join(
            hashlib.sha256(lock.read_bytes()).hexdigest()
            for name in _LOCK_FILES
            if (lock := path.parent / name).is_file()
        )
        expected = len(asked)
    else:
        return None
    if interpreter is None:
        return None
    # A patch release installs the same packages: only the minor version counts.
    key = f"{path.name}\n{content}\n{interpreter.minor}\n{sys.platform}-{platform.machine()}"
    folder = state.dependencies / hashlib.sha256(key.encode()).hexdigest()[:24]
    return DependencySet(folder, path, interpreter, max(expected, 1))


def install(
    wanted: DependencySet, on_progress: Progress, installation: Installation | None = None
) -> None:
    """Install the packages, unless they are; blocks, so call it in a thread.

    `on_progress` gets a sentence and the share done (0.0–1.0, None when not known). Several
    threads or processes may ask for the same set at once: one installs, the others wait.
    `installation` can be cancelled meanwhile. Raises DependencyError.
    """
    installation = installation or Installation()
    lock = wanted.folder.with_suffix(".lock")
    try:
        with exclusive(lock, _WAIT_FOR_OTHER_S):
            if not wanted.ready:
                _install(wanted, on_progress, installation)
    except TimeoutError:
        raise DependencyError(
            f"Another program has been installing {wanted.declared_in} for 15 minutes: end it, and "
            "save the file again."
        ) from None
    except OSError as error:
        raise DependencyError(f"Cannot install {wanted.declared_in}: {error}.") from error
    on_progress("Installed", 1.0)


def _beside(function: FunctionSource, name: str) -> Path | None:
    """`name` in the code folder, else beside the handler's own file in it."""
    module = function.handler.rpartition(".")[0]
    if runtimes.python_minor(function.runtime) is not None:
        module = module.replace(".", "/")
    for folder in (function.code, (function.code / module).parent):
        if (folder / name).is_file():
            return folder / name
    return None


def _install(wanted: DependencySet, on_progress: Progress, installation: Installation) -> None:
    with tempfile.TemporaryDirectory(
        prefix="installing-", dir=wanted.folder.parent, ignore_cleanup_errors=True
    ) as temporary:
        target = Path(temporary) / "set"
        target.mkdir()
        if wanted.is_node:
            command = _npm(wanted, target)
            where = target
        else:
            command = _python_installer(wanted, target)
            where = wanted.declared_in.parent  # relative paths in it are meant from there
        tool = Path(command[0]).name
        on_progress(f"Installing {wanted.declared_in.name} with {tool}", None)
        with installation.running(command, where) as process:
            _follow(process, tool, wanted, on_progress)
        target.replace(wanted.folder)


def _python_installer(wanted: DependencySet, target: Path) -> list[str]:
    requirements, python = str(wanted.declared_in), str(wanted.interpreter.path)
    uv = shutil.which("uv")
    if uv is not None:
        command = [uv, "pip", "install", "--python", python]
        return [*command, "--target", str(target), "-r", requirements]
    options = ["install", "--disable-pip-version-check", "--no-input", "--no-warn-script-location"]
    options += ["--target", str(target), "-r", requirements]
    if _has_pip(python):
        return [python, "-m", "pip", *options]
    if not _has_pip(sys.executable):
        raise DependencyError(
            f"Installing {requirements} takes uv or pip, and neither is on this machine: "
            "install uv."
        )
    # pip builds nothing for another Python than its own: wheels only.
    foreign = ["--python-version", wanted.interpreter.minor, "--only-binary", ":all:"]
    return [sys.executable, "-m", "pip", *options, *foreign]


def _npm(wanted: DependencySet, target: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise DependencyError(f"Installing {wanted.declared_in} takes npm: install Node.js's npm.")
    source = wanted.declared_in.parent
    document = json.loads(wanted.declared_in.read_text(encoding="utf-8-sig"))
    lock = next((source / name for name in _LOCK_FILES if (source / name).is_file()), None)
    is_local = any(map(_is_local, _node_dependencies(wanted.declared_in).values()))
    # `npm ci` refuses a lock file whose local folders are named otherwise than in package.json.
    locked = lock is not None and not is_local
    # Only what says what to install: no scripts of the project itself are run. `npm ci` compares
    # all kinds of dependencies with the lock file; `npm install` would look for the omitted ones.
    kinds = _NODE_KINDS if locked else _NODE_KINDS[:2]
    kept = {k: document[k] for k in ("name", "version", "overrides", *kinds) if k in document}
    for asked in (kept[kind] for kind in kinds if isinstance(kept.get(kind), dict)):
        for name, version in asked.items():
            if _is_local(str(version)):
                asked[name] = f"file:{(source / version.removeprefix('file:')).resolve()}"
    (target / "package.json").write_text(json.dumps(kept), encoding="utf-8")
    for companion in (lock if locked else None, source / ".npmrc"):
        if companion is not None and companion.is_file():
            shutil.copyfile(companion, target / companion.name)
    options = ["--omit=dev", "--no-audit", "--no-fund", "--install-links"]
    return [npm, "ci" if locked else "install", *options]


def _follow(
    process: subprocess.Popen[str], tool: str, wanted: DependencySet, on_progress: Progress
) -> None:
    """Tell what the tool does; raises DependencyError when it fails."""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    started = 0
    assert process.stdout is not None
    for line in process.stdout:
        text = line.strip()
        if not text or _NOISE.match(text):
            continue
        last.append(_VERSIONS.sub(r"(from versions: … \1)", text))
        found = _COLLECTING.match(text)
        if found:
            started += 1
            # Packages bring others along, so the end is never quite known.
            share = 0.9 * started / (started + max(wanted.expected - started, 1))
            on_progress(f"Installing {found[1]}", share)
        else:
            on_progress(text[:200], None)
    if process.wait() != 0:
        said = [line for line in last if _ERROR.match(line)] or last
        raise DependencyError(
            f"{tool} could not install {wanted.declared_in} "
            f"(exit status {process.returncode}):\n" + "\n".join(said)
        )


def _has_pip(python: str) -> bool:
    check = [python, "-c", "import pip"]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def _requirements(path: Path) -> Iterator[str]:
    """The lines that ask for something; files included with -r and -c are followed."""
    seen: set[Path] = set()

    def lines_of(file: Path) -> Iterator[str]:
        if file in seen or not file.is_file():
            return
        seen.add(file)
        for line in file.read_text(encoding="utf-8-sig", errors="replace").splitlines():
            text = re.sub(r"(^|\s+)#.*", "", line).strip()
            if not text:
                continue
            included = re.match(r"(?:-r|-c|--requirement|--constraint)[ =]*(\S+)", text)
            if included:
                yield from lines_of((file.parent / included[1]).resolve())
            # A line that only includes, or only names an index, asks for nothing itself.
            if not included:
                yield text

    found = list(lines_of(path.resolve()))
    if any(not line.startswith("-") or line.startswith(("-e", "--editable")) for line in found):
        yield from found


def _local_paths(lines: list[str], folder: Path) -> Iterator[Path]:
    """The local packages that requirement lines name by path."""
    for line in lines:
        name = re.sub(r"^(-e|--editable)[ =]*", "", line).removeprefix("file://")
        name = name.rpartition(" @ file://")[2].split(";")[0].strip()
        if "/" in name or name.startswith("."):
            yield folder / re.sub(r"\[[^\]]*\]$", "", name)


def _stamp(path: Path) -> str:
    """Changes whenever a local package does, but not by installing it."""
    files = [path]
    if path.is_dir():
        inner = (file.relative_to(path) for file in path.rglob("*"))
        files = [path / file for file in sorted(inner) if not _BUILT.search(f"/{file.as_posix()}")]
    stamp = ""
    for file in files:
        with contextlib.suppress(OSError):
            status = file.stat()
            if not file.is_dir():
                stamp += f"\n{file} {status.st_size} {status.st_mtime_ns}"
    return stamp


def _is_local(version: str) -> bool:
    return version.startswith(("file:", "./", "../", "/"))


def _node_dependencies(path: Path) -> dict[str, str]:
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DependencyError(f"Cannot read {path}: {error}.") from error
    asked = document.get("dependencies") if isinstance(document, dict) else None
    if not isinstance(asked, dict):
        return {}
    return {str(name): str(version) for name, version in asked.items()}
