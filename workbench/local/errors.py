"""The one exception of the API: an error as AWS words it, with its place on the wire.

Lambda spells the text `Message` for some errors and `message` for others, and most but not all
carry `"Type":"User"` (lambda-facts §4.1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

# The HTTP status of each code, lambda-facts §4.1, §2.3.
STATUS = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "IncompleteSignatureException": 403,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "OperationAbortedException": 400,
    "PreconditionFailedException": 412,
    "ProvisionedConcurrencyConfigNotFoundException": 404,
    "CodeSigningConfigNotFoundException": 404,
    "RequestEntityTooLargeException": 413,
    "RequestTimeoutException": 408,
    "RequestTooLargeException": 413,
    "ResourceConflictException": 409,
    "ResourceNotFoundException": 404,
    "ResourceNotReadyException": 502,
    "InvalidRuntimeException": 400,  # AWS's 502 makes SDKs try again for seconds, here in vain
    "InvalidZipFileException": 502,
    "ServiceException": 500,
    "SnapStartNotReadyException": 409,
    "SnapStartTimeoutException": 408,
    "ServiceUnavailableException": 503,
    "TooManyRequestsException": 429,
    "UnsupportedMediaTypeException": 415,
}

# Codes whose text is under `Message`; all others say `message` (lambda-facts §4.1).
CAPITAL_MESSAGE = frozenset(
    {
        "AccessDeniedException",
        "CodeSigningConfigNotFoundException",
        "CodeVerificationFailedException",
        "InvalidRuntimeException",
        "InvalidZipFileException",
        "RecursiveInvocationException",
        "ResourceInUseException",
        "ResourceNotFoundException",
        "ServiceException",
        "SnapStartException",
        "SnapStartNotReadyException",
        "SnapStartTimeoutException",
    }
)

# Codes that are no exception of Lambda's model and carry no Type (lambda-facts §4.1).
UNTYPED = frozenset(
    {
        "AccessDeniedException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "RequestEntityTooLargeException",
        "RequestTimeoutException",
        "SerializationException",
        "ServiceUnavailableException",
        "UnknownOperationException",
        "ValidationException",
    }
)


class ApiError(Exception):
    """An answer that is an error: `code` and `message` are AWS's, `status` is the HTTP status.

    `status` defaults to the code's usual one (400 when it has none of its own). `type` is
    "User", "Service" or None for no Type at all. `extra` are further members of the body, such
    as Reason, and `headers` further response headers, such as Retry-After.
    """

    def __init__(
        self,
        code: str,
        message: str | None,
        *,
        status: int | None = None,
        type: str | None = "User",
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status if status is not None else STATUS.get(code, 400)
        self.type = None if code in UNTYPED else type
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def rest_json(self) -> bytes:
        """The body for Lambda's REST-JSON protocol; the code travels in x-amzn-ErrorType."""
        body: dict[str, object] = dict(self.extra)
        if self.type is not None:
            body["Type"] = self.type
        body["Message" if self.code in CAPITAL_MESSAGE else "message"] = self.message
        return _encode(body)

    def json_1_1(self) -> bytes:
        """The body for CloudWatch Logs' JSON 1.1 protocol."""
        return _encode({"__type": self.code, "message": self.message, **self.extra})


def _encode(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def invalid_parameter(message: str, *, type: str | None = "User") -> ApiError:
    """400 InvalidParameterValueException: a value the model allows and Lambda does not."""
    return ApiError("InvalidParameterValueException", message, type=type)


def not_found(message: str, *, type: str | None = "User") -> ApiError:
    """404 ResourceNotFoundException."""
    return ApiError("ResourceNotFoundException", message, type=type)


def conflict(message: str) -> ApiError:
    """409 ResourceConflictException."""
    return ApiError("ResourceConflictException", message)


def validation(message: str) -> ApiError:
    """400 ValidationException with a ready text."""
    return ApiError("ValidationException", message)


def stale_revision(kind: str = "GetFunction/GetAlias") -> ApiError:
    """412 for a RevisionId that is not the latest (lambda-facts §4.6 no. 20)."""
    return ApiError(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {kind} API to retrieve the latest Revision Id",
    )


def service_failure() -> ApiError:
    """500 for a mistake of our own: it says nothing of our insides."""
    return ApiError(
        "ServiceException",
        "The local Lambda made a mistake; its log (.workbench/server.log) has the details.",
        type="Service",
    )
