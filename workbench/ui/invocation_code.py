"""An invocation as an `aws` or `curl` command and as Python, to be run outside of the workbench."""

from __future__ import annotations

import json
import shlex
from pprint import pformat
from urllib.parse import quote, urlencode

from workbench.aws.records import Target
from workbench.ui.backend import Request

_LONGEST = 100_000  # bytes: a shell takes arguments up to 128 KB
_LOCAL_KEY = "local"  # the local Lambda wants a signed request, and takes any credentials
_WIDTH = 96


class TooLarge(Exception):
    """The event does not fit a command line. The message says what to do."""


def aws_command(target: Target, request: Request) -> str:
    """The `aws lambda invoke` command, quoted for a POSIX shell; the answer goes to standard
    output. Raises TooLarge."""
    _check_length(request.event, "--payload file://events/…")
    words = ["aws", "lambda", "invoke", "--function-name", request.function]
    if request.qualifier:
        words += ["--qualifier", request.qualifier]
    if request.invocation_type != "RequestResponse":
        words += ["--invocation-type", request.invocation_type]
    words += ["--cli-binary-format", "raw-in-base64-out", "--payload", request.event]
    words += ["--region", target.region]
    if target.profile:
        words += ["--profile", target.profile]
    credentials = ""
    if target.endpoint_url:
        words += ["--endpoint-url", target.endpoint_url]
        credentials = f"AWS_ACCESS_KEY_ID={_LOCAL_KEY} AWS_SECRET_ACCESS_KEY={_LOCAL_KEY} "
    return credentials + shlex.join([*words, "/dev/stdout"])


def curl_command(target: Target, request: Request) -> str:
    """A POSIX shell's command that sends the Invoke request, signed by curl (7.75 or later).

    Raises TooLarge.
    """
    _check_length(request.event, "--data-binary @events/…")
    endpoint = target.endpoint_url or _endpoint(target.region)
    query = f"?{urlencode({'Qualifier': request.qualifier})}" if request.qualifier else ""
    path = f"/2015-03-31/functions/{quote(request.function, safe='')}/invocations{query}"
    words = ["curl", "--silent", "--show-error"]
    words += ["--aws-sigv4", f"aws:amz:{target.region}:lambda"]
    tail = ["--header", "Content-Type: application/json"]
    if request.invocation_type != "RequestResponse":
        tail += ["--header", f"X-Amz-Invocation-Type: {request.invocation_type}"]
    tail += ["--data-binary", request.event, f"{endpoint.rstrip('/')}{path}"]
    if target.endpoint_url:
        return shlex.join([*words, "--user", f"{_LOCAL_KEY}:{_LOCAL_KEY}", *tail])
    keys = (
        '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
        '--header "X-Amz-Security-Token: $AWS_SESSION_TOKEN"'
    )
    command = f"{shlex.join(words)} {keys} {shlex.join(tail)}"
    profile = f" --profile {shlex.quote(target.profile)}" if target.profile else ""
    return f'eval "$(aws configure export-credentials{profile} --format env)" && {command}'


def _check_length(event: str, instead: str) -> None:
    if len(event.encode()) > _LONGEST:
        raise TooLarge(
            "The event is too large for a command line: save it, and use "
            f"`{instead}` in the command."
        )


def _endpoint(region: str) -> str:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://lambda.{region}.{suffix}"


def python_code(target: Target, request: Request) -> str:
    """Python that makes the invocation with boto3 and prints the answer."""
    try:
        literal = pformat(json.loads(request.event), width=_WIDTH, sort_dicts=False)
        payload = "json.dumps(event)"
    except (ValueError, RecursionError):
        literal, payload = repr(request.event), "event"  # sent as it is: Lambda says what is wrong
    session = f"profile_name={target.profile!r}" if target.profile else ""
    client = ['"lambda"', f"region_name={target.region!r}"]
    if target.endpoint_url:
        client += [
            f"endpoint_url={target.endpoint_url!r}",
            f"aws_access_key_id={_LOCAL_KEY!r}",
            f"aws_secret_access_key={_LOCAL_KEY!r}",
        ]
    arguments = [f"FunctionName={request.function!r}"]
    if request.qualifier:
        arguments.append(f"Qualifier={request.qualifier!r}")
    if request.invocation_type != "RequestResponse":
        arguments.append(f"InvocationType={request.invocation_type!r}")
    arguments.append(f"Payload={payload}")
    lines = [
        "import json",
        "",
        "import boto3",
        "",
        f"event = {literal}",
        "",
        f"client = boto3.Session({session}).client({', '.join(client)})",
        f"answer = client.invoke({', '.join(arguments)})",
        'print(answer["StatusCode"], answer.get("FunctionError", ""))',
        'print(answer["Payload"].read().decode())',
    ]
    return "\n".join(lines if payload != "event" else lines[2:]) + "\n"
