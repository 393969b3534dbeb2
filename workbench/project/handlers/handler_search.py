"""Finding functions where no template names them: by what the source files look like.

Nothing is imported or run. The rules:

- Python: a top-level `def something(event, context)`. If a file has one called `lambda_handler`
  or `handler`, that one is the function; else each of them is one.
- Node.js: a `.js`, `.mjs` or `.cjs` file that exports `handler` (or `lambdaHandler`, SAM's name).
- Left out: hidden folders, installed packages, virtual environments, build output and tests.
- The function is named after its file, or after its folder when the file has a usual name
  (`app.py`, `index.js` …) and does not lie in the project's own folder.
- The code folder is the file's own folder, unless the file needs more: modules it imports that
  lie further up, the package its relative imports are about, or the nearest `package.json`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from workbench.project.handlers import node as handlers_node
from workbench.project.handlers import python as handlers_python
from workbench.project.records import FunctionSource, Problem, Project

_INSTALLED_OR_BUILT = ("node_modules", "venv", "env", "site-packages", "__pycache__", "cdk.out")
_TESTS = ("tests", "test", "__tests__", "spec")
_SKIPPED_FOLDERS = frozenset([*_INSTALLED_OR_BUILT, *_TESTS])
_SKIPPED_FILES = re.compile(
    r"test_.*\.py|.*_test\.py|conftest\.py|setup\.py|.*\.(test|spec|min|config)\.[cm]?js"
)
_USUAL_STEMS = frozenset(
    ["app", "main", "index", "handler", "lambda_function", "function", "lambda", "__init__"]
)


def find(root: Path) -> Project:
    """Every function in the source files under `root`, and the files that cannot be parsed."""
    functions: list[FunctionSource] = []
    problems: list[Problem] = []
    taken: set[str] = set()
    for path in _source_files(root):
        found: list[tuple[str, FunctionSource]] = []
        if path.suffix == ".py":
            python = handlers_python.read(path, root)
            if isinstance(python, Problem):
                problems.append(python)
            else:
                found = python
        else:
            found = handlers_node.read(path, root)
        for export, function in found:
            name = _unique(_name(path, root, export if len(found) > 1 else ""), path, root, taken)
            taken.add(name)
            functions.append(replace(function, name=name))
    return Project(root, tuple(functions), tuple(problems))


def _source_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _SKIPPED_FOLDERS
            and not os.path.exists(f"{folder}/{name}/pyvenv.cfg")  # noqa: PTH110  (many)
        )
        for name in sorted(files):
            if (
                name.endswith((".py", ".js", ".mjs", ".cjs"))
                and not name.startswith(".")
                and not _SKIPPED_FILES.fullmatch(name)
            ):
                yield Path(folder) / name


def _name(path: Path, root: Path, export: str) -> str:
    name = path.stem
    if name in _USUAL_STEMS and path.parent != root:
        name = path.parent.name
    return _valid(f"{name}-{export}" if export else name)


def _unique(name: str, path: Path, root: Path, taken: set[str]) -> str:
    """`name`, else the whole path as a name, else numbered."""
    if name not in taken:
        return name
    whole = _valid("-".join(path.relative_to(root).with_suffix("").parts))
    number = 2
    candidate = whole
    while candidate in taken:
        ending = f"-{number}"
        candidate = whole[: 64 - len(ending)] + ending
        number += 1
    return candidate


def _valid(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", name).strip("-")[:64] or "function"
