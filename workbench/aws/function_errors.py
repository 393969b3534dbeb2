"""What a function's error payload says: type, message and stack frames (lambda-facts §2.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from workbench.aws.records import Frame, FunctionError

TASK_ROOT = "/var/task/"

_PYTHON = re.compile(
    r'\s*File "(?P<path>[^"]+)",? [Ll]ine (?P<line>\d+)(?:, in (?P<function>\S.*))?'
    r"(?:\n\s*(?P<code>[^\n]*))?"
)
_NODE = re.compile(
    r"\s*at (?:(?:async )?(?P<function>[^()]+?) \()?"
    r"(?P<path>(?:file://|node:|/|[A-Za-z]:\\)[^()]*?):(?P<line>\d+)(?::\d+)?\)?$"
)
# Node prints where a syntax error is as "path:line" before the error itself.
_NODE_SYNTAX = re.compile(r"^(?P<path>(?:file://)?/[^:\s]+\.[cm]?js):(?P<line>\d+)$")
_RUBY = re.compile(r"\s*(?P<path>[^:\s]+\.rb):(?P<line>\d+)(?::in [`'](?P<function>[^']*)')?$")
_DOTNET = re.compile(r"\s*at (?P<function>.+\)) in (?P<path>.+):line (?P<line>\d+)$")
_JAVA = re.compile(r"\s*(?:at )?(?P<function>[\w.$<>/@-]+)\((?P<path>[\w$]+\.\w+):(?P<line>\d+)\)$")
_PATTERNS = (_PYTHON, _DOTNET, _NODE, _NODE_SYNTAX, _JAVA, _RUBY)

# Deep inside a stack these are whose code it is not.
_LIBRARY_PARTS = {"node_modules", "site-packages", "dist-packages", "gems", "bootstraps"}
_LIBRARY_ROOTS = (
    "/var/runtime/", "/var/lang/", "/opt/", "/usr/", "node:", "<frozen ",
    # The local Lambda's own: its bootstraps, and packages installed for a project.
    "/var/rapid/", "/var/dependencies/",
)  # fmt: skip
_PYTHON_LIBRARY = re.compile(r"/lib(?:64)?/python\d+(?:\.\d+)?/")
_DEPENDENCIES = "/.workbench/dependencies/"
_JAVA_LIBRARIES = re.compile(r"(?:java|javax|jdk|sun|com\.sun|com\.amazonaws|lambdainternal)[./]")
# Where the local Lambda keeps the code of published versions.
_SNAPSHOT = re.compile(r".*/\.workbench/code/[0-9a-f]+/(?P<rest>.+)")


def parse_error(payload: bytes, code_root: Path | None = None) -> FunctionError | None:
    """The error in a function's payload, or None when the payload is not shaped like one.

    `code_root` is the function's folder on this machine: frames in /var/task, or in a published
    version's snapshot, name the file there when it exists.
    """
    try:
        document = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(document, dict) or not (
        "errorType" in document or "errorMessage" in document
    ):
        return None
    stack = document.get("stackTrace", document.get("trace"))
    frames = [_place(frame, code_root) for frame in _frames(stack)]
    # Python prints the innermost call last, all the others first.
    if isinstance(stack, list) and any(isinstance(s, str) and _PYTHON.match(s) for s in stack):
        frames.reverse()
    return FunctionError(
        type=str(document.get("errorType") or ""),
        message=str(document.get("errorMessage") or ""),
        frames=tuple(frames),
    )


def user_frame(error: FunctionError) -> Frame | None:
    """The frame to look at first: the innermost one in the user's own code."""
    return next((frame for frame in error.frames if frame.in_user_code), None)


def _frames(stack: Any) -> Iterator[Frame]:
    if isinstance(stack, str):
        stack = stack.splitlines()
    if not isinstance(stack, list):
        return
    for entry in stack:
        if isinstance(entry, dict):  # Go
            path, line = entry.get("path"), entry.get("line")
            if isinstance(path, str) and isinstance(line, int):
                yield Frame(path, line, str(entry.get("label") or ""))
        elif isinstance(entry, str):
            yield from _frame(entry)


def _frame(text: str) -> Iterator[Frame]:
    for pattern in _PATTERNS:
        match = pattern.match(text)
        if match:
            found = match.groupdict()
            path = found["path"]
            if path.startswith("file://"):
                path = unquote(path.removeprefix("file://"))
            function, code = found.get("function") or "", (found.get("code") or "").strip()
            yield Frame(path, int(found["line"]), function, code, not _is_library(path, function))
            return


def _is_library(path: str, function: str) -> bool:
    path = path.replace("\\", "/")
    if path.startswith(_LIBRARY_ROOTS) or _DEPENDENCIES in path or _PYTHON_LIBRARY.search(path):
        return True
    if _LIBRARY_PARTS.intersection(PurePosixPath(path).parts):
        return True
    return path.endswith(".java") and _JAVA_LIBRARIES.match(function) is not None


def _place(frame: Frame, code_root: Path | None) -> Frame:
    if code_root is None or not frame.in_user_code:
        return frame
    snapshot = _SNAPSHOT.fullmatch(frame.path)
    if snapshot:
        rest = snapshot["rest"]
    elif frame.path.startswith(TASK_ROOT):
        rest = frame.path.removeprefix(TASK_ROOT)
    elif not frame.path.startswith("/"):
        rest = frame.path
    else:
        return frame
    here = code_root / rest
    return replace(frame, path=str(here)) if here.is_file() else frame
