"""The runtime identifiers AWS Lambda knows, and which of them this version runs."""

from __future__ import annotations

import re

# lambda-facts §11.1; deprecated ones stay in templates for years.
KNOWN = frozenset(
    [f"python3.{minor}" for minor in range(6, 15)]
    + [f"nodejs{major}.x" for major in (10, 12, 14, 16, 18, 20, 22, 24)]
    + ["java8", "java8.al2", "java8.al2023", "java11", "java11.al2023"]
    + ["java17", "java17.al2023", "java21", "java25"]
    + ["dotnet6", "dotnet8", "dotnet10", "dotnetcore3.1", "go1.x"]
    + ["ruby2.7", "ruby3.2", "ruby3.3", "ruby3.4", "ruby4.0"]
    + ["provided", "provided.al2", "provided.al2023"]
)

_PYTHON = re.compile(r"python3\.(\d+)")
_NODE = re.compile(r"nodejs(\d+)\.x")


def python_minor(runtime: str) -> int | None:
    """12 for "python3.12"; None for what is not a Python runtime."""
    match = _PYTHON.fullmatch(runtime)
    return int(match[1]) if match else None


def node_major(runtime: str) -> int | None:
    """22 for "nodejs22.x"; None for what is not a Node.js runtime."""
    match = _NODE.fullmatch(runtime)
    return int(match[1]) if match else None


def is_provided(runtime: str) -> bool:
    """Whether the function brings its own `bootstrap`."""
    return runtime == "provided" or runtime.startswith("provided.")


def is_run_here(runtime: str) -> bool:
    """Whether the local Lambda runs it: Python, Node.js or an executable `bootstrap`."""
    return (
        python_minor(runtime) is not None or node_major(runtime) is not None or is_provided(runtime)
    )


def nearest_python(minor: int) -> str:
    """The Lambda runtime for Python 3.`minor`: itself, or the nearest that Lambda has."""
    known = [m for m in map(python_minor, KNOWN) if m is not None]
    return f"python3.{min(known, key=lambda m: abs(m - minor))}"


def nearest_node(major: int) -> str:
    """The Lambda runtime for Node.js `major`: itself, else the next lower that Lambda has."""
    known = [m for m in map(node_major, KNOWN) if m is not None]
    return f"nodejs{max((m for m in known if m <= major), default=min(known))}.x"
