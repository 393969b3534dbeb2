"""Why API Gateway itself answers a request, and not the function."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Why = Literal[
    "no stage",
    "no route",
    "unsigned",
    "no API key",
    "unauthorized",
    "denied",
    "explicitly denied",
    "authorizer failed",
    "too large",
    "missing parameters",
    "invalid body",
    "unavailable",
    "function failed",
    "malformed result",
    "timed out",
]


class Refusal(Exception):
    """`why` decides on status and text, by the kind of the API; `reason` is a sentence for whoever
    looks at the screen, not for the client, `detail` what goes into the text."""

    def __init__(
        self, why: Why, reason: str, headers: Iterable[tuple[str, str]] = (), detail: str = ""
    ) -> None:
        super().__init__(reason)
        self.why = why
        self.reason = reason
        self.headers = list(headers)
        self.detail = detail
