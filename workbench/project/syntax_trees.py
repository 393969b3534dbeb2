"""Python's syntax trees, from any number of threads."""

from __future__ import annotations

import ast
import threading

_one_at_a_time = threading.Lock()


def tree_of(
    source: bytes, name: str = "<unknown>", feature_version: tuple[int, int] | None = None
) -> ast.Module:
    """`ast.parse`, one thread at a time: Python 3.11 counts a tree's depth for all threads
    together, and raises SystemError when a finalizer lets a second one begin a tree. Raises what
    `ast.parse` does."""
    with _one_at_a_time:
        return ast.parse(source, name, feature_version=feature_version)
