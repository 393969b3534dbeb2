"""Events of custom resources sent to the local Lambda: a ResponseURL that takes their answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from workbench.aws.workbench_surface import WorkbenchSurface
from workbench.project.answers import custom_resources
from workbench.project.answers.verdicts import Verdict

_MARK = b'"ResponseURL"'
_PATH = "/_workbench/responses/"


def with_live_url(event: bytes, surface: WorkbenchSurface) -> bytes:
    """The event of a custom resource with a ResponseURL at the local Lambda in place of
    CloudFormation's, which would take nothing; any other event as it is. Raises LambdaError."""
    request = _request(event)
    if request is None:
        return event
    request["ResponseURL"] = surface.open_response_url()
    return json.dumps(request, ensure_ascii=False).encode()


def waits_for_answer(event: bytes) -> bool:
    """Whether the event has such a ResponseURL."""
    request = _request(event)
    return request is not None and _PATH in str(request["ResponseURL"])


def answer(
    event: bytes,
    surface: WorkbenchSurface,
    seconds: float,
    given_up: Callable[[], bool] = lambda: False,
) -> tuple[Verdict, bytes | None]:
    """What CloudFormation makes of what comes to the event's ResponseURL within `seconds`, and what
    came. Blocks; ends early when `given_up` says so. Raises LambdaError."""
    request = _request(event) or {}
    end = time.monotonic() + seconds
    while time.monotonic() < end and not given_up():
        body = surface.response(request["ResponseURL"])
        if body is not None:
            return custom_resources.sent(request, body), body
    return custom_resources.silence(seconds), None


def _request(event: bytes) -> dict[str, Any] | None:
    if _MARK not in event:
        return None
    try:
        request = json.loads(event)
    except ValueError:
        return None
    return request if custom_resources.is_request(request) else None
