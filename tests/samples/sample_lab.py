"""A sample project in a folder of the test's own, served by a real `workbench serve`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.samples import copy_sample_functions

REPOSITORY = Path(__file__).parents[2]
SECONDS = 30


@dataclass
class Sample:
    """A sample project that is served at `url`."""

    root: Path
    url: str
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A boto3 client of the local Lambda or a service beside it."""
        import boto3

        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name="us-east-1",
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="secret",
            )
        return self._clients[service]

    def saved(self, function: str, event: str) -> Any:
        """A saved event."""
        path = self.root / "events" / function / f"{event}.json"
        return json.loads(path.read_text("utf-8"))

    def invoke(self, function: str, event: str) -> Any:
        """What the function returns for a saved event; it must not fail."""
        payload = json.dumps(self.saved(function, event))
        answer = self.client("lambda").invoke(FunctionName=function, Payload=payload)
        returned = json.loads(answer["Payload"].read() or "null")
        assert "FunctionError" not in answer, returned
        return returned

    def log(self, function: str) -> str:
        """What the function has written so far."""
        logs = self.client("logs")
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")
        except logs.exceptions.ResourceNotFoundException:
            return ""
        return "".join(event["message"] + "\n" for event in found["events"])

    def items(self, table: str) -> list[dict[str, Any]]:
        """The items of a DynamoDB table, as plain values."""
        from boto3.dynamodb.types import TypeDeserializer

        plain = TypeDeserializer().deserialize
        found = self.client("dynamodb").scan(TableName=table)["Items"]
        return [{name: plain(value) for name, value in item.items()} for item in found]

    def front(self, function: str) -> str:
        """The URL of the front door that leads to a function."""
        with urllib.request.urlopen(self._signed("/_workbench/fronts"), timeout=SECONDS) as answer:
            fronts = json.load(answer)["Fronts"]
        for front in fronts:
            if any(route["FunctionName"] == function for route in front["Routes"]):
                return str(front["Url"])
        raise AssertionError(f"nothing leads to {function}: {fronts}")

    def _signed(self, path: str) -> urllib.request.Request:
        signature = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/lambda/aws4_request"
        return urllib.request.Request(self.url + path, headers={"authorization": signature})


@contextmanager
def served(name: str, folder: Path, *changes: tuple[str, str]) -> Iterator[Sample]:
    """Serve a copy of the sample project `name` in `folder`, with changes of its template."""
    root = copy_sample_functions(folder / name, name)
    template = root / "template.yaml"
    for old, new in changes:
        text = template.read_text("utf-8")
        assert old in text
        template.write_text(text.replace(old, new), "utf-8")
    command = [sys.executable, "-m", "workbench", "serve", str(root)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(REPOSITORY)},
    ) as process:
        assert process.stdout is not None
        sample = None
        try:
            said = "Lambda endpoint: "
            url = next(line for line in process.stdout if line.startswith(said))
            sample = Sample(root, url.removeprefix(said).strip())
            yield sample
        finally:
            for client in sample._clients.values() if sample else ():
                client.close()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=SECONDS)


def until(holds: Callable[[], Any]) -> Any:
    """Ask again and again until the answer is true; that answer."""
    limit = time.monotonic() + SECONDS
    while not (answer := holds()):
        assert time.monotonic() < limit, f"not true within {SECONDS} s"
        time.sleep(0.05)
    return answer


def ask(
    url: str, body: object = None, headers: dict[str, str] | None = None, method: str | None = None
) -> tuple[int, dict[str, str], str]:
    """Status, headers (names in lower case) and body of an HTTP request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        answer = urllib.request.urlopen(request, timeout=SECONDS)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        told = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, told, answer.read().decode()
