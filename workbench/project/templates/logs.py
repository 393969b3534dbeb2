"""What a template says of a function's logs: format, levels, log group."""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

Report = Callable[[Node, str], None]

_ALLOWED = {
    "LogFormat": ("Text", "JSON"),
    "ApplicationLogLevel": ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
    "SystemLogLevel": ("DEBUG", "INFO", "WARN"),
}
_GROUP = re.compile(r"(?!aws/)[.\-_/#A-Za-z0-9]{1,512}")


class LoggingReader:
    """Reads LoggingConfig; what cannot be is reported and left out."""

    def __init__(self, resolver: Resolver, report: Report) -> None:
        self._resolver = resolver
        self._report = report

    def config(self, node: Node | None) -> dict[str, str]:
        """The members that are given, as CreateFunction takes them (lambda-facts §3.3)."""
        chosen = self._resolver.select(node)
        if chosen is None:
            return {}
        found: dict[str, str] = {}
        for name, value in chosen.mapping.items():
            text = self._resolver.text(value)
            if name in _ALLOWED and text not in _ALLOWED[name]:
                self._report(value, f"{name} must be one of {', '.join(_ALLOWED[name])}.")
            elif name == "LogGroup" and not _GROUP.fullmatch(text):
                self._report(value, f"“{text}” cannot be the name of a log group.")
            elif name in _ALLOWED or name == "LogGroup":
                found[name] = text
        if found.get("LogFormat") != "JSON":
            for level in ("ApplicationLogLevel", "SystemLogLevel"):
                if found.pop(level, None) is not None:
                    self._report(chosen, f"{level} has no effect unless LogFormat is JSON.")
        return found
