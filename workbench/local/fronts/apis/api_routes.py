"""Which route of an API a request takes: the most specific one that has its method.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from workbench.project.front_doors.apis import ANY, DEFAULT_PATH, Route

Found = tuple[Route, dict[str, str]]

_NOTHING: Mapping[str, Route] = {}


class RouteTable:
    """The routes of one API. Paths compare as they are written, still %-encoded."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._default: Route | None = None
        self._plain: dict[str, dict[str, Route]] = {}
        patterns: dict[str, dict[str, Route]] = {}
        for route in routes:
            if route.path == DEFAULT_PATH:
                self._default = route
            else:
                by_path = patterns if "{" in route.path else self._plain
                path = route.path.rstrip("/") or "/"
                by_path.setdefault(path, {})[route.method] = route
        self._patterns = [
            (*_pattern(path), patterns[path]) for path in sorted(patterns, key=_specificity)
        ]

    def find(self, method: str, path: str) -> Found | None:
        """The route and the values of its path parameters; None when there is none."""
        # A path without variables is more specific than any other that matches.
        route = _of_method(self._plain.get(path, _NOTHING), method)
        if route is not None:
            return route, {}
        for pattern, names, by_method in self._patterns:
            match = pattern.fullmatch(path)
            if match is not None and (route := _of_method(by_method, method)) is not None:
                return route, dict(zip(names, match.groups(), strict=True))
        return None if self._default is None else (self._default, {})


def _of_method(by_method: Mapping[str, Route], method: str) -> Route | None:
    return by_method.get(method) or by_method.get(ANY)


def _pattern(path: str) -> tuple[re.Pattern[str], list[str]]:
    """What matches a path such as /orders/{id}/{rest+}, and the names of its variables."""
    names: list[str] = []
    expression = ""
    for part in re.split(r"(\{[^{}/]*\})", path):
        if part.startswith("{"):
            name = part[1:-1]
            names.append(name.removesuffix("+"))
            expression += "(.+)" if name.endswith("+") else "([^/]+)"
        else:
            expression += re.escape(part)
    return re.compile(expression), names


def _specificity(path: str) -> list[int]:
    """Sorts paths: fixed parts come before variables, variables before greedy ones."""
    parts = path.strip("/").split("/")
    return [0 if "{" not in part else 2 if part.endswith("+}") else 1 for part in parts]
