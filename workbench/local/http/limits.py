"""What a client of an HTTP listener is held to, and the errors that tell it so."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.local.errors import ApiError

MAX_HEAD = 64 * 1024
MAX_BUFFERED = 512 * 1024 * 1024  # all bodies of one listener together
MAX_PIPELINED = 32


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds a client may take: to send a head, between two pieces of a body, to send its next
    request on an open connection, to take a response's next bytes."""

    head: float = 20.0
    body: float = 30.0
    idle: float = 300.0
    write: float = 60.0


def head_too_large() -> ApiError:
    """For a request line and headers of more than MAX_HEAD bytes."""
    return ApiError(
        "RequestHeaderFieldsTooLargeException",
        f"The request line and headers must be smaller than {MAX_HEAD} bytes",
        status=431,
    )


def body_too_large(max_body: int) -> ApiError:
    """For a body of more than `max_body` bytes (lambda-facts §4.6)."""
    return ApiError(
        "RequestEntityTooLargeException", f"Request must be smaller than {max_body} bytes"
    )


def too_much_at_once() -> ApiError:
    """For a body that would bring a listener's bodies over MAX_BUFFERED bytes."""
    return ApiError(
        "ServiceUnavailableException",
        "Too many large requests at once; try again in a moment.",
        headers={"Retry-After": "1"},
    )


def too_slow() -> ApiError:
    """For a request that did not arrive in time."""
    return ApiError("RequestTimeoutException", "The request took too long to arrive.")


def malformed() -> ApiError:
    """For bytes that are no HTTP."""
    return ApiError("SerializationException", "The HTTP request is malformed.")
