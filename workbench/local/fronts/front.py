"""What every front door has that a template or the command line declares."""

from __future__ import annotations

from typing import Protocol

from workbench.local.errors import ApiError
from workbench.local.http.messages import Answer, Request, Response
from workbench.project.front_doors.front_door import Declared


class Front(Protocol):
    """Answers the requests that come to one port."""

    @property
    def port(self) -> int:
        """The one it listens at."""

    def handle(self, request: Request) -> Answer:
        """The answer to one request; refusals are responses too."""

    def error_response(self, request: Request | None, error: ApiError) -> Response:
        """The response to what is no proper HTTP request, or comes to another host."""

    def describe(self) -> dict[str, object]:
        """Kind, Name, Url and Routes, as `GET /_workbench/fronts` lists it; Healthy where health
        checks tell."""

    def redeclared(self, declared: Declared) -> bool:
        """Go on by another declaration; False for one that had better be made anew."""

    def call_back(self, request: Request) -> Answer | None:
        """The answer to what a function sends to a client of this front; None if it has no such
        client."""

    def close(self) -> None:
        """Begin nothing any more; the connections are cut."""


def route_document(
    method: str,
    path: str,
    function: str,
    qualifier: str | None = None,
    authorizer: str | None = None,
) -> dict[str, object]:
    """A line of `Routes` in a front's description."""
    return {
        "Method": method,
        "Path": path,
        "FunctionName": function,
        "Qualifier": qualifier,
        "Authorizer": authorizer,
    }


def failure(
    kind: str, name: str, request: Request, status: int, reason: str, function: str | None = None
) -> dict[str, object]:
    """The event that tells the screen of a request that failed, and why. One about a health check
    has Healthy besides."""
    return {
        "Kind": kind,
        "Name": name,
        "Method": request.method,
        "Path": request.path,
        "Status": status,
        "FunctionName": function,
        "Reason": reason,
    }
