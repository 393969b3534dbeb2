"""An invocation as the `aws lambda invoke` command that would make it."""

from __future__ import annotations

import shlex

from workbench.aws.records import Target

# A shell takes arguments up to 128 KB.
MAX_PAYLOAD = 100_000


class TooLarge(Exception):
    """The event does not fit a command line. The message says what to do."""


def invoke_command(
    target: Target,
    function: str,
    event: str,
    *,
    qualifier: str | None = None,
    invocation_type: str = "RequestResponse",
) -> str:
    """The command, quoted for a POSIX shell; the answer goes to standard output.

    Raises TooLarge when the event is too long for a command line.
    """
    if len(event.encode()) > MAX_PAYLOAD:
        raise TooLarge(
            "The event is too large for a command line: save it, and use "
            "`--payload file://events/…` in the command."
        )
    words = ["aws", "lambda", "invoke", "--function-name", function]
    if qualifier:
        words += ["--qualifier", qualifier]
    if invocation_type != "RequestResponse":
        words += ["--invocation-type", invocation_type]
    words += ["--cli-binary-format", "raw-in-base64-out", "--payload", event]
    words += ["--region", target.region]
    if target.profile:
        words += ["--profile", target.profile]
    credentials = ""
    if target.endpoint_url:
        words += ["--endpoint-url", target.endpoint_url]
        # The local Lambda wants a signed request, and takes any credentials.
        credentials = "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local "
    return credentials + shlex.join([*words, "/dev/stdout"])
