"""Checking a source file's syntax the moment it is saved, without running it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

from workbench.project import interpreters, runtimes
from workbench.project.interpreters import Interpreter
from workbench.project.records import Problem
from workbench.project.syntax_trees import tree_of

_TIMEOUT_S = 10

# Runs in the function's own Python (3.8 and newer).
_PYTHON_CHECK = """
import json, sys, warnings
warnings.simplefilter("ignore")
path = sys.argv[1]
try:
    with open(path, "rb") as file:
        compile(file.read(), path, "exec", dont_inherit=True)
except SyntaxError as error:
    print(json.dumps([error.msg, error.lineno, error.offset]))
except (ValueError, RecursionError, MemoryError) as error:
    print(json.dumps([str(error), None, None]))
"""
_NODE_PLACE = re.compile(r"^(?:file://)?/.*:(\d+)$|^[A-Za-z]:\\.*:(\d+)$", re.MULTILINE)
_NODE_CARET = re.compile(r"^( *)\^+ *$", re.MULTILINE)
_NODE_ERROR = re.compile(r"^SyntaxError: (.*)$", re.MULTILINE)


def check(path: Path, runtime: str) -> Problem | None:
    """What keeps `path` from being parsed by the interpreter that runs `runtime` here, or None.

    Python is compiled in this process, within a few ms; only where this Python and the function's
    may differ, the function's own is asked too. Node.js takes some 40 ms. Other files: None.
    A file that is gone or cannot be read has no syntax problem.
    """
    if path.suffix == ".py" and runtimes.python_minor(runtime) is not None:
        return _check_python(path, runtime)
    if path.suffix in (".js", ".mjs", ".cjs") and runtimes.node_major(runtime) is not None:
        return _check_node(path, runtime)
    return None


def _check_python(path: Path, runtime: str) -> Problem | None:
    try:
        source = path.read_bytes()
    except OSError:
        return None
    problem = _compiled(path, source)
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = runtimes.python_minor(runtime)
    if runtime == f"python{own}" or (problem is None and not _is_too_new(source, wanted)):
        return problem
    interpreter = interpreters.python_for(runtime)
    if interpreter is None or interpreter.minor == own:
        return problem
    return _asked(path, interpreter, problem)


def _compiled(path: Path, source: bytes) -> Problem | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        return _problem(path, error.msg, error.lineno, error.offset)
    except (ValueError, RecursionError, MemoryError) as error:
        return _problem(path, str(error), None, None)
    return None


def _is_too_new(source: bytes, minor: int | None) -> bool:
    """Whether an older Python may refuse what this one takes (a hint: it is then asked)."""
    if minor is None or minor >= sys.version_info.minor:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree_of(source, feature_version=(3, minor))
    except SyntaxError:
        return True
    return False


def _asked(path: Path, interpreter: Interpreter, otherwise: Problem | None) -> Problem | None:
    command = [str(interpreter.path), "-I", "-S", "-c", _PYTHON_CHECK, str(path)]
    done = _run(command)
    if done is None or done.returncode != 0:
        return otherwise
    return _problem(path, *json.loads(done.stdout)) if done.stdout.strip() else None


def _check_node(path: Path, runtime: str) -> Problem | None:
    interpreter = interpreters.node_for(runtime)
    if interpreter is None or not path.is_file():
        return None
    done = _run([str(interpreter.path), "--check", str(path)])
    if done is None or done.returncode == 0:
        return None
    error = _NODE_ERROR.search(done.stderr)
    if error is None:  # node itself failed: the invocation will say why
        return None
    place = _NODE_PLACE.search(done.stderr)
    caret = _NODE_CARET.search(done.stderr)
    return _problem(
        path,
        error[1],
        int(place[1] or place[2]) if place else None,
        len(caret[1]) + 1 if caret else None,
    )


def _run(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _problem(path: Path, message: str, line: int | None, column: int | None) -> Problem:
    return Problem(path, f"Syntax error: {message}", line or None, column or None)
