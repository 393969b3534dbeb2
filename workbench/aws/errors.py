"""Whatever goes wrong between us and Lambda, in a sentence with what to do about it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from workbench.aws.profiles import signing_in
from workbench.aws.records import ProfileKind, Target

EXPIRED = frozenset(["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
"""AWS's codes for credentials that were good once."""

NOT_AWS = "ResponseParserError"
"""The code of an answer that is not AWS's: a proxy's page, or that of an endpoint."""


_MEND_ROLE = "Mend its role_arn, source_profile and credential_source in ~/.aws/config."


class LambdaError(Exception):
    """A call did not succeed. `str()` is for a person: the message, the advice and, where AWS
    itself answered, the request's id for its support.

    `code` is AWS's error code, or the name of the client's own exception. `message` is AWS's own
    text where AWS answered, with why it throttled. `status` is the HTTP status, None when there was
    no answer.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        request_id: str | None = None,
        advice: str = "",
        status: int | None = None,
        names_request: bool = False,
    ) -> None:
        words = f"{_sentence(message)} {advice}".strip() if advice else message
        super().__init__(f"{words} (request {request_id})" if names_request else words)
        self.code = code
        self.message = message
        self.request_id = request_id
        self.advice = advice
        self.status = status


@contextlib.contextmanager
def in_words(target: Target) -> Iterator[None]:
    """Turn what botocore and the network raise inside the block into LambdaError."""
    try:
        yield
    except LambdaError:
        raise
    except Exception as error:
        explained = explain(error, target)
        if explained is None:  # a bug of ours, and no matter of Lambda's
            raise
        raise explained from error


def explain(error: Exception, target: Target) -> LambdaError | None:
    """`error` in words, or None when it comes neither from botocore nor from the network."""
    # Late: botocore costs 140 ms, and whoever has an error of it has paid that already.
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    if isinstance(error, ClientError):
        return _answered(error, target)
    if isinstance(error, BotoCoreError):
        return _botocore(error, target)
    if isinstance(error, ResponseParserError):
        where = target.endpoint_url or "AWS"
        return LambdaError(NOT_AWS, f"{where} does not answer as AWS does")
    if _looked_for_credentials(error):
        return _no_credentials(_unread(error), target)
    if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint"):
        address = str(error).partition(": ")[2]
        return LambdaError(
            "InvalidEndpoint",
            f"The endpoint {address} of {_who(target)} is no address",
            advice="Mend its endpoint_url in ~/.aws/config: it begins with http:// or https://.",
        )
    if isinstance(error, OSError) and error.filename:
        # A file: where a download goes.
        return LambdaError(type(error).__name__, f"{error.strerror}: {error.filename}")
    if isinstance(error, HTTPError | OSError):
        where = target.endpoint_url or f"Lambda in {target.region}"
        return LambdaError(
            type(error).__name__, f"The connection to {where} broke: {error}", advice="Try again."
        )
    return None


def _looked_for_credentials(error: Exception) -> bool:
    """Whether botocore raised it on its way to credentials, where it lets errors through of what
    it reads."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals.get("__name__") == "botocore.credentials":
            return True
        step = step.tb_next
    return False


def _unread(error: Exception) -> str:
    """Why what should give credentials cannot be read."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.strerror}: {error.filename}"
    if isinstance(error, ValueError):  # what a credential_process printed
        return f"they are no JSON ({error})"
    return str(error)


def _no_credentials(reason: str, target: Target) -> LambdaError:
    message = f"The credentials of {_who(target)} could not be had"
    reason = reason.strip().rstrip(".") or "what should give them failed without a word"
    return LambdaError(
        "CredentialRetrievalError", f"{message}: {reason}", advice=_sign_in_again(target)
    )


def _answered(error: Any, target: Target) -> LambdaError:
    details = error.response.get("Error", {})
    code = str(details.get("Code") or "Unknown")
    answer = error.response.get("ResponseMetadata", {})
    status = answer.get("HTTPStatusCode")
    # Lambda says "message" or "Message" (lambda-facts §4.1); botocore reads both, but for some.
    said = str(details.get("Message") or error.response.get("message") or "")
    if said.lstrip().startswith("<") or (not said and code in (str(status), "Unknown")):
        return _no_answer_of_aws(error.operation_name, status)
    message = said or f"{error.operation_name} was refused: {code}"
    request_id = answer.get("RequestId")
    why = _THROTTLED_BY.get(str(error.response.get("Reason")))
    return LambdaError(
        code,
        f"{message.rstrip('.')}: {why}" if why else message,
        request_id=request_id,
        advice=_advice(code, target, error.operation_name),
        status=status,
        names_request=target.kind == "aws" and bool(request_id),
    )


def _no_answer_of_aws(operation: str, status: int | None) -> LambdaError:
    """A page of a proxy, or what an endpoint says to a call that it does not know."""
    return LambdaError(
        NOT_AWS,
        f"{operation} got HTTP {status} instead of an answer as AWS gives them",
        advice="A proxy may be in between, or the endpoint does not offer this.",
        status=status,
    )


_THROTTLED_BY = {
    "ReservedFunctionConcurrentInvocationLimitExceeded": "its reserved concurrency is in use",
    "ConcurrentInvocationLimitExceeded": "the account's unreserved concurrency is in use",
    "ReservedFunctionInvocationRateLimitExceeded":
        "more than ten times its reserved concurrency came within a second",
    "FunctionInvocationRateLimitExceeded":
        "more than ten times its concurrency came within a second",
    "CallerRateLimitExceeded": "this caller asks too often",
    "ConcurrentSnapshotCreateLimitExceeded": "too many snapshots are made at the same time",
}  # fmt: skip
"""The Reason of a TooManyRequestsException in words (lambda-facts §5)."""


def _advice(code: str, target: Target, operation: str) -> str:
    if target.kind != "aws":
        return ""
    if operation.startswith("AssumeRole") and code == "AccessDenied":
        return (
            f"The role of {_who(target)} does not trust its source profile's credentials, or they "
            "lack sts:AssumeRole: look at role_arn and source_profile in ~/.aws/config."
        )
    if operation == "GetRoleCredentials" and code == "ForbiddenException":
        return (
            f"You are not given the sso_role_name of {_who(target)} in its sso_account_id: look at "
            "them in ~/.aws/config, and at the SSO's start page."
        )
    if code in EXPIRED:
        return f"The credentials have expired: {_log_in(target)}."
    if code in (
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "AuthFailure",
    ):
        return f"AWS does not accept these credentials: check {_who(target)}, and the clock."
    if code in ("AccessDeniedException", "AccessDenied"):
        return f"Ask for that permission, or use another profile than {_who(target)}."
    if code == "PreconditionFailedException":
        return "It was changed meanwhile: read it again, then decide."
    if code in ("TooManyRequestsException", "ThrottlingException", "Throttling"):
        return "Wait a moment and try again."
    return ""


def _botocore(error: Any, target: Target) -> LambdaError:
    from botocore.exceptions import CredentialRetrievalError

    if isinstance(error, CredentialRetrievalError):
        return _no_credentials(str(error.kwargs.get("error_msg", error)), target)
    words = _of_sign_in(error, target) or _of_settings(error, target) or _of_network(error, target)
    message, advice = words or (f"{error}", "")
    return LambdaError(type(error).__name__, message, advice=advice)


def _of_sign_in(error: Any, target: Target) -> tuple[str, str] | None:
    """What is wrong with the credentials, and the advice; None when it is something else. So are
    those that follow."""
    from botocore import exceptions as b

    who = _who(target)
    match error:
        case b.NoCredentialsError():
            advice = f"Set them up: {_configure(target)} (or `aws configure sso`)."
            return f"There are no AWS credentials for {who}", advice
        case b.PartialCredentialsError():
            missing = str(error.kwargs.get("cred_var", "a part"))
            keys = f"Complete them: {_configure(target)}."
            advice = _MEND_ROLE if "source" in missing else keys
            return f"The AWS credentials for {who} are incomplete: {missing} is missing", advice
        case b.SSOTokenLoadError() | b.UnauthorizedSSOTokenError() | b.TokenRetrievalError():
            message = f"The SSO sign-in of {who} has expired or was never made"
            return message, f"Sign in: {_log_in(target, 'sso')}."
        case b.LoginError():
            message = f"The sign-in of {who} has expired or was never made"
            return message, f"Sign in: `aws login{_option(target)}`."
        case b.RefreshWithMFAUnsupportedError():
            return f"The role of {who} asks for an MFA code", mfa_advice(target.profile)
    return None


def _of_settings(error: Any, target: Target) -> tuple[str, str] | None:
    """The profile, the region, the parameters of a call."""
    from botocore import exceptions as b

    who = _who(target)
    who = f"{who[0].upper()}{who[1:]}"
    match error:
        case b.ProfileNotFound():
            advice = f"Choose one of `aws configure list-profiles`, or: {_configure(target)}."
            return f"There is no AWS profile “{target.profile or 'default'}”", advice
        case b.MissingDependencyException():
            advice = "Install it beside the workbench: `pip install 'botocore[crt]'`."
            return f"{who} needs what is not installed", advice
        case b.InfiniteLoopConfigError() | b.InvalidConfigError():
            advice = _MEND_ROLE
            if "sso" in str(error).lower():
                advice = f"Set it up anew: `aws configure sso{_option(target)}`."
            elif "services" in str(error):
                advice = "Mend it in ~/.aws/config."
            return f"{who} cannot be used: {error}", advice
        case b.ConfigParseError():
            advice = "Mend ~/.aws/config and ~/.aws/credentials."
            return f"The AWS configuration cannot be read: {error}", advice
        case b.NoRegionError():
            advice = "Give one with --region, or set `region` in the profile."
            return "No AWS region is chosen", advice
        case b.InvalidRegionError() | b.UnknownRegionError():
            return f"“{target.region}” is not an AWS region", "Regions look like eu-west-1."
        case b.ParamValidationError():
            reasons = str(error.kwargs.get("report", error)).splitlines()
            return "; ".join(line.strip() for line in reasons if line.strip()), ""
    return None


def _of_network(error: Any, target: Target) -> tuple[str, str] | None:
    """The way to Lambda."""
    from botocore import exceptions as b

    match error:
        case b.ReadTimeoutError():
            advice = "It may still be at work: look at the logs before you try again."
            return f"{_where(error, target)} did not answer in time", advice
        case b.SSLError():
            message = f"The TLS connection to {_where(error, target)} failed: {_cause(error)}"
            return message, "Behind a company proxy, set AWS_CA_BUNDLE to its certificate."
        case b.ProxyConnectionError():
            message = f"The proxy cannot be reached: {_cause(error)}"
            return message, "Check HTTP_PROXY and HTTPS_PROXY."
        case b.HTTPClientError() if type(error) is b.HTTPClientError:
            return f"The request could not be sent: {_cause(error)}", ""
        case b.ConnectionError() | b.HTTPClientError() | b.ResponseStreamingError():
            return f"{_where(error, target)} cannot be reached", _unreachable(target)
    return None


def _where(error: Any, target: Target) -> str:
    if target.kind == "local":
        return f"The local Lambda at {target.endpoint_url}"
    return str(error.kwargs.get("endpoint_url") or target.endpoint_url or "AWS")


def _unreachable(target: Target) -> str:
    if target.kind == "local":
        return "It may have stopped: start it again with `workbench serve`."
    if target.endpoint_url:
        return "Is it running there?"
    return f"Check the network, and that Lambda is offered in {target.region}."


def _cause(error: Any) -> str:
    return str(error.kwargs.get("error", error))


def _who(target: Target) -> str:
    return f"profile “{target.profile}”" if target.profile else "the default profile"


def _option(target: Target) -> str:
    return f" --profile {target.profile}" if target.profile else ""


def _configure(target: Target) -> str:
    return f"`aws configure{_option(target)}`"


def _log_in(target: Target, usual: ProfileKind = "none") -> str:
    """The command that signs in, with the profile that does: of a role its source profile."""
    from botocore.exceptions import ConfigParseError

    profile, kind = target.profile, usual
    with contextlib.suppress(ConfigParseError):  # broken since: what to explain is another error
        found = signing_in(target.profile or "default")
        if found is not None and found.kind in ("sso", "login"):
            profile, kind = found.name, found.kind
    option = f" --profile {profile}" if profile and profile != "default" else ""
    if kind == "sso":
        return f"`aws sso login{option}`"
    if kind == "login":
        return f"`aws login{option}`"
    return "get new ones the way you got these"


def _sign_in_again(target: Target) -> str:
    how = _log_in(target)
    return f"Sign in again: {how}." if how.startswith("`") else f"{how[:1].upper()}{how[1:]}."


def mfa_advice(profile: str | None) -> str:
    """What to do about an MFA code: the command asks for it, and keeps the role's session where
    `targets` looks for it."""
    option = f" --profile {profile}" if profile else ""
    return f"Give it to `aws sts get-caller-identity{option}`, then try again."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
