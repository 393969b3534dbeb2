"""Handlers in a Python file, found with `ast`."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from workbench.project import interpreters, syntax
from workbench.project.records import FunctionSource, Problem
from workbench.project.syntax_trees import tree_of

_CONVENTIONAL = ("lambda_handler", "handler")


def read(path: Path, root: Path) -> list[tuple[str, FunctionSource]] | Problem:
    """The file's handlers by function name, or the problem that keeps it from being parsed."""
    runtime = interpreters.default_python_runtime()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes are the running function's business
            tree = tree_of(path.read_bytes(), str(path))
    except OSError as error:
        return Problem(path, f"Cannot read this file: {error.strerror or error}.")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return syntax.check(path, runtime) or []
    if "." in path.stem:  # no import can name it
        return []
    names = dict.fromkeys(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and _takes_event_and_context(node.args)
    )
    chosen = next((name for name in _CONVENTIONAL if name in names), None)
    code = _code_folder(path, root, tree)
    module = ".".join([*path.parts[len(code.parts) : -1], path.stem])
    return [
        (
            name,
            FunctionSource(
                name=name,
                runtime=runtime,
                handler=f"{module}.{name}",
                code=code,
                declared_in=path,
            ),
        )
        for name in names
        if chosen is None or name == chosen
    ]


def _takes_event_and_context(arguments: ast.arguments) -> bool:
    """Two parameters so called (`_context` is fine: unused), any more having defaults."""
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    keywords_required = any(default is None for default in arguments.kw_defaults)
    names = [argument.arg.strip("_").lower() for argument in positional[:2]]
    return names == ["event", "context"] and required <= 2 and not keywords_required


def _code_folder(path: Path, root: Path, tree: ast.Module) -> Path:
    """The lowest folder from which the file and what it imports can be imported."""
    above = path.parents[: len(path.parts) - len(root.parts)]  # up to the root
    lowest = 0
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            lowest = max(lowest, min(node.level, len(above) - 1))
            continue
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            first = module.split(".")[0]
            heights = range(lowest, len(above))
            lowest = next((at for at in heights if _has_module(above[at], first)), lowest)
    return above[lowest]


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """All statements, the outer ones first; expressions, most of a file, are not looked at."""
    found: list[ast.AST] = [*tree.body]
    for node in found:
        yield node
        for inner in ("body", "handlers", "orelse", "finalbody", "cases"):
            found += getattr(node, inner, ())


def _has_module(folder: Path, name: str) -> bool:
    place = os.path.join(folder, name)  # noqa: PTH118  (a fifth of Path's time, for every import)
    if os.path.isfile(f"{place}.py"):  # noqa: PTH113
        return True
    # A folder only counts with Python in it: `import json` is not about a folder of JSON.
    return os.path.isdir(place) and next(Path(place).glob("*.py"), None) is not None  # noqa: PTH112
