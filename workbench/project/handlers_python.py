"""Handlers in a Python file, found with `ast`."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from workbench.project import interpreters, syntax
from workbench.project.records import FunctionSource, Problem

_CONVENTIONAL = ("lambda_handler", "handler")


def read(path: Path, root: Path) -> list[tuple[str, FunctionSource]] | Problem:
    """The file's handlers by function name, or the problem that keeps it from being parsed."""
    runtime = interpreters.default_python_runtime()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes are the running function's business
            tree = ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        return Problem(path, f"Cannot read this file: {error.strerror or error}.")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return syntax.check(path, runtime) or []
    if "." in path.stem:  # no import can name it
        return []
    names = {
        node.name: node.lineno
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and _takes_event_and_context(node.args)
    }
    chosen = next((name for name in _CONVENTIONAL if name in names), None)
    code = _code_folder(path, root, tree)
    module = ".".join(path.relative_to(code).with_suffix("").parts)
    return [
        (
            name,
            FunctionSource(
                name=name,
                runtime=runtime,
                handler=f"{module}.{name}",
                code=code,
                declared_in=path,
                declared_at=line,
            ),
        )
        for name, line in names.items()
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
    code = path.parent
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            needed = path.parents[min(node.level, len(path.parents) - 1)]
            code = _upper(code, needed, root)
            continue
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            first = module.split(".")[0]
            holder = next((f for f in _upwards(code, root) if _has_module(f, first)), None)
            if holder is not None:
                code = holder
    return code


def _upwards(folder: Path, root: Path) -> list[Path]:
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(root))]


def _upper(one: Path, other: Path, root: Path) -> Path:
    upper = other if one.is_relative_to(other) else one
    return upper if upper.is_relative_to(root) else root


def _has_module(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (
        # A folder only counts with Python in it: `import json` is not about a folder of JSON.
        (folder / name).is_dir() and next((folder / name).glob("*.py"), None) is not None
    )
