"""Ours under measurement: `workbench serve` on a folder, spoken to as any SDK does."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.processes import REPOSITORY, DidNotStart, Server

TRIVIAL = """\
def handler(event, context):
    return {"statusCode": 200, "body": "hello"}
"""


class OursUnavailable(Exception):
    """`workbench serve` didn't come up; the text says what it printed."""


@contextmanager
def serving(project: Path, scratch: Path) -> Iterator[int]:
    """`workbench serve` on `project` while the block runs. Gives its port."""
    with started(project, scratch) as (port, _):
        yield port


@contextmanager
def started(project: Path, scratch: Path) -> Iterator[tuple[int, int]]:
    """As `serving`, and gives the process's number too."""
    command: list[str | Path] = [sys.executable, "-m", "workbench", "serve", project, "--port", "0"]
    with Server(
        command,
        cwd=REPOSITORY,
        log=scratch / f"workbench-{project.name}.log",
        environment={"PYTHONUNBUFFERED": "1"},
    ) as server:
        try:
            ready = server.wait_for_line(r"Lambda endpoint: http://127\.0\.0\.1:(\d+)")
        except DidNotStart as error:
            raise OursUnavailable(str(error)) from error
        yield int(ready[1]), server.process.pid


def client(endpoint_url: str, service: str = "lambda") -> Any:
    """A boto3 client for an endpoint, with invented credentials and no retries."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
    )


def zipped(code: str) -> bytes:
    """A deployment package with `code` as app.py."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", code)
    return package.getvalue()


def create_function(lambda_client: Any, name: str, code: str, runtime: str, **more: object) -> None:
    """Create a function from `code` (its handler is app.handler) and wait until it's active."""
    lambda_client.create_function(
        FunctionName=name,
        Runtime=runtime,
        Role="arn:aws:iam::123456789012:role/bench",
        Handler="app.handler",
        Code={"ZipFile": zipped(code)},
        Timeout=30,
        **more,
    )
    lambda_client.get_waiter("function_active_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
    )


def write_project(folder: Path, runtime: str, functions: dict[str, str]) -> Path:
    """A SAM project with each function's code in a folder of its name, as app.py."""
    resources = []
    for name, code in functions.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "app.py").write_text(code)
        properties = f"{{CodeUri: {name}/, Handler: app.handler, FunctionName: {name}}}"
        resources.append(
            f"  {name}: {{Type: 'AWS::Serverless::Function', Properties: {properties}}}"
        )
    lines = [
        "Transform: AWS::Serverless-2016-10-31",
        f"Globals: {{Function: {{Runtime: {runtime}, Timeout: 30}}}}",
        "Resources:",
        *resources,
    ]
    (folder / "template.yaml").write_text("\n".join(lines) + "\n")
    return folder
