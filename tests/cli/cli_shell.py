"""Commands as a shell runs them: real processes."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from command_forks import CommandForks

REPOSITORY = Path(__file__).parents[2]
PYTHON = f"python3.{sys.version_info.minor}"

APP = """
def echo(event, context):
    print("echo runs")
    return event

def fail(event, context):
    raise ValueError("no luck")

def resource(event, context):
    import json, urllib.request
    body = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    body |= {"Status": "SUCCESS", "PhysicalResourceId": "made here"}
    data = json.dumps(body).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], data, method="PUT")).close()

def slow(event, context):
    print("line 0", flush=True)
    if "gate" in event:
        open(event["gate"]).close()  # a fifo: waits until the test opens it too
    print("line 1")
    return 2

def broken_pipe(event, context):
    return "x" * 1_000_000
"""
TEMPLATE = f"""
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{Runtime: {PYTHON}, Timeout: 60, CodeUri: src}}
Resources:
  Echo: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.echo}}}}
  Resource: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.resource}}}}
  Fail: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.fail}}}}
  Slow: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.slow}}}}
  Big: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.broken_pipe,
    DeploymentPreference: {{Type: AllAtOnce, Alarms: [None], Hooks: {{PreTraffic: Fail}}}}}}}}
  Traced: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.fail, Tracing: Active}}}}
  Lost: {{Type: AWS::Serverless::Function, Properties: {{Handler: a.b, CodeUri: nowhere}}}}
"""


_forks = CommandForks()


def environment(**extra: str) -> dict[str, str]:
    """Our own process's, without AWS settings and with empty AWS files."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {"AWS_CONFIG_FILE": "/none", "AWS_SHARED_CREDENTIALS_FILE": "/none"}
    return {**kept, **nothing, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "120", **extra}


def run(
    *words: str, cwd: Path, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What a command answers; its process is forked from one that has boto3 imported."""
    result = _forks.run(words, cwd, stdin, env or environment())
    assert "Traceback" not in result.stderr, result.stderr
    return result


def run_anew(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The same in a process with nothing imported, as a shell starts it."""
    result = subprocess.run(
        [sys.executable, "-m", "workbench", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result


@contextlib.contextmanager
def tailing_slow(shop: Path, gate: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`invoke Slow --tail`, whose function waits after its first line until `gate` is opened."""
    os.mkfifo(gate)
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "invoke", "Slow", "--tail", "--event", "-"],
        cwd=shop,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        process.stdin.write(json.dumps({"gate": str(gate)}).encode())
        process.stdin.close()
        yield process


def on_terminal(*words: str, cwd: Path) -> str:
    """What a command prints on a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *words],
        cwd=cwd,
        env=environment(),
        stdin=follower,
        stdout=follower,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(follower)
        output = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # Linux's way to say that the other end is closed
                break
            if not part:
                break
            output += part
        assert process.wait(30) == 0
    os.close(leader)
    return output.decode().replace("\r\n", "\n")
