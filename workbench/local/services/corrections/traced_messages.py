"""A message of SQS carries the trace header of the request that sent it, as on AWS.

moto leaves it out; Lambda needs it to find recursive loops through queues (lambda-facts §6). What
SNS and S3 send to a queue on behalf of a request carries the request's header too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

_header: ContextVar[str | None] = ContextVar("trace header", default=None)


@contextmanager
def sent_with(trace_header: str | None) -> Iterator[None]:
    """Messages made inside, in this thread, were sent by a request with this header, if any."""
    if trace_header is None:
        yield
        return
    _teach_moto()
    token = _header.set(trace_header)
    try:
        yield
    finally:
        _header.reset(token)


def trace_header() -> str | None:
    """The header that messages of this thread carry now."""
    return _header.get()


@cache
def _teach_moto() -> None:
    # Late: moto's SQS is loaded when a request with a header comes, which may concern it.
    from moto.sqs import models

    class TracedMessage(models.Message):
        def __init__(
            self, message_id: str, body: str, system_attributes: dict[str, Any] | None = None
        ) -> None:
            header = _header.get()
            if header is not None:
                attribute = {"DataType": "String", "StringValue": header}
                system_attributes = {"AWSTraceHeader": attribute, **(system_attributes or {})}
            super().__init__(message_id, body, system_attributes)

    models.Message = TracedMessage  # type: ignore[misc]
