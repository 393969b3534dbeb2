"""What a function's standby process imports ahead: its dependencies, never its own code.

Found by reading the source with `ast`; nothing is imported here.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.project.syntax_trees import tree_of

MAX_FILES = 200
# Importing these prints, opens windows, or only makes sense in the process itself.
_LEFT_OUT = frozenset({"__future__", "__main__", "antigravity", "this", "tkinter", "turtle"})


@dataclass(frozen=True, slots=True)
class Plan:
    """Modules to import, in order, and ("client" | "resource", service) pairs to make of boto3."""

    modules: tuple[str, ...] = ()
    clients: tuple[tuple[str, str], ...] = ()


def plan(task_root: Path, handler: str) -> Plan:
    """The plan for the function whose handler string is `handler`.

    Follows the handler's file and the local modules it imports at module level. A name that the
    package brings itself (a file or folder of that name in `task_root`) is never in the plan.
    """
    own = local_names(task_root)
    todo = list(_local_files(task_root, handler.rpartition(".")[0].replace("/", ".")))
    seen = set(todo)
    modules: dict[str, None] = {}
    clients: dict[tuple[str, str], None] = {}
    while todo and len(seen) <= MAX_FILES:
        file = todo.pop(0)
        try:
            tree = tree_of(file.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        package = ".".join(file.relative_to(task_root).parent.parts)
        for name in _imports(tree, package):
            top = name.partition(".")[0]
            if top in own:
                for found in _local_files(task_root, name):
                    if found not in seen:
                        seen.add(found)
                        todo.append(found)
            elif top not in _LEFT_OUT and top not in sys.builtin_module_names:
                modules[name] = None
        for client in _clients(tree):
            clients[client] = None
    return Plan(tuple(modules), tuple(clients) if "boto3" in modules else ())


def local_names(task_root: Path) -> frozenset[str]:
    """Top-level module names that the package itself could provide."""
    try:
        return frozenset(entry.name.partition(".")[0] for entry in task_root.iterdir())
    except OSError:
        return frozenset()


def _local_files(task_root: Path, module: str) -> Iterator[Path]:
    """The files that importing `module` runs: its packages' and its own."""
    folder = task_root
    for part in module.split("."):
        for file in (folder / part / "__init__.py", folder / f"{part}.py"):
            if file.is_file():
                yield file
                break
        folder = folder / part


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """Absolute names of what the module imports when it is imported itself."""
    for node in _module_level(tree.body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".") if package else []
                parents = parents[: len(parents) - (node.level - 1)]
                base = ".".join([*parents, base] if base else parents)
            if base:
                yield base
            for alias in node.names:
                if alias.name != "*":
                    yield f"{base}.{alias.name}" if base else alias.name


def _module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for field in ("body", "orelse", "finalbody"):
                yield from _module_level(getattr(node, field, []))
            for handler in getattr(node, "handlers", []):
                yield from _module_level(handler.body)


def _clients(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("client", "resource")
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield node.func.attr, node.args[0].value
