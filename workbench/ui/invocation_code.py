"""An invocation as a `curl` command and as Python, to be run outside of the workbench."""

from __future__ import annotations

import json
import shlex
from pprint import pformat
from urllib.parse import quote, urlencode

from workbench.aws.records import Target
from workbench.ui.aws_command import MAX_PAYLOAD, TooLarge

_LOCAL_KEYS = "local:local"  # the local Lambda wants a signed request, and takes any credentials
_WIDTH = 96


def curl_command(
    target: Target,
    function: str,
    event: str,
    *,
    qualifier: str | None = None,
    invocation_type: str = "RequestResponse",
) -> str:
    """A POSIX shell's command that sends the Invoke request, signed by curl (7.75 or later).

    Raises TooLarge when the event is too long for a command line.
    """
    if len(event.encode()) > MAX_PAYLOAD:
        raise TooLarge(
            "The event is too large for a command line: save it, and use "
            "`--data-binary @events/…` in the command."
        )
    endpoint = target.endpoint_url or _endpoint(target.region)
    query = f"?{urlencode({'Qualifier': qualifier})}" if qualifier else ""
    path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations{query}"
    words = ["curl", "--silent", "--show-error"]
    words += ["--aws-sigv4", f"aws:amz:{target.region}:lambda"]
    tail = ["--header", "Content-Type: application/json"]
    if invocation_type != "RequestResponse":
        tail += ["--header", f"X-Amz-Invocation-Type: {invocation_type}"]
    tail += ["--data-binary", event, f"{endpoint.rstrip('/')}{path}"]
    if target.endpoint_url:
        return shlex.join([*words, "--user", _LOCAL_KEYS, *tail])
    keys = (
        '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
        '--header "X-Amz-Security-Token: $AWS_SESSION_TOKEN"'
    )
    command = f"{shlex.join(words)} {keys} {shlex.join(tail)}"
    profile = f" --profile {shlex.quote(target.profile)}" if target.profile else ""
    return f'eval "$(aws configure export-credentials{profile} --format env)" && {command}'


def _endpoint(region: str) -> str:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://lambda.{region}.{suffix}"


def python_code(
    target: Target,
    function: str,
    event: str,
    *,
    qualifier: str | None = None,
    invocation_type: str = "RequestResponse",
) -> str:
    """Python that makes the invocation with boto3 and prints the answer."""
    try:
        literal = pformat(json.loads(event), width=_WIDTH, sort_dicts=False)
        payload = "json.dumps(event)"
    except (ValueError, RecursionError):
        literal, payload = repr(event), "event"  # sent as it is: Lambda says what is wrong
    session = f"profile_name={target.profile!r}" if target.profile else ""
    client = ['"lambda"', f"region_name={target.region!r}"]
    if target.endpoint_url:
        client += [
            f"endpoint_url={target.endpoint_url!r}",
            'aws_access_key_id="local"',
            'aws_secret_access_key="local"',
        ]
    arguments = [f"FunctionName={function!r}"]
    if qualifier:
        arguments.append(f"Qualifier={qualifier!r}")
    if invocation_type != "RequestResponse":
        arguments.append(f"InvocationType={invocation_type!r}")
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
