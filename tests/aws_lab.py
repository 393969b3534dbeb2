"""AWS as the screen sees it, without an account: a proxy in front of a real `workbench serve`.

The local Lambda behind it runs on a folder of its own, so that its functions are linked to
nothing and code can be updated, as on AWS. What only the local Lambda has (`/_workbench/`) is not
there, STS and IAM answer for one person and one role, and all that goes wrong with AWS goes wrong
when a test asks for it:

    lab.page_size = 2                     lists come in pages of two
    lab.crowd = 3000                      as many more functions are listed, sorted among the others
    lab.latency = 2.0                     seconds before each answer
    lab.throttle(3, "ListFunctions")      the next three of these calls are throttled
    lab.cut(1, "Invoke")                  the next connection with this call breaks
    lab.deny("UpdateAlias")               no permission for it
    lab.unknown.add("ListAliases")        a page instead of an answer, as where it is not offered
    lab.expired = True                    the credentials have expired
    lab.expired_keys.add("AKIDEXAMPLE")   only those of this access key have

`lab.calls` are the operations that were asked for; `lab.calm()` takes all faults away. Screens and
commands reach it by the profile `lab` (`configure`): a profile may name an `endpoint_url`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import boto3
import pytest
from aws_lab_answers import ROLE_NAME, iam_answer, identity_answer, made_up_function, refusal
from botocore.config import Config
from endpoint_lab import ACCOUNT, REGION, zipped

from workbench.local.api.protocols.model import service_model

REPOSITORY = Path(__file__).parents[1]
PROFILE = "lab"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{ROLE_NAME}"

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}
_MADE_UP_PAGE = 50  # AWS's page of ListFunctions


@dataclass(frozen=True)
class Call:
    """One request: its service (`lambda`, `logs` …) and operation, its path, whose key signed."""

    service: str
    operation: str
    path: str
    key: str


class AwsLab:
    """One account's region, see the module. `local` is a client that goes past the proxy."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.model = service_model("lambda", "2015-03-31")
        self.calls: list[Call] = []
        self.local = boto3.client(
            "lambda",
            endpoint_url=upstream,
            region_name=REGION,
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="example",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.calm()
        self._open: set[Any] = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """End the proxy and its connections; the local Lambda behind it stays."""
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
        self.local.close()
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(2)

    # -- what goes wrong ------------------------------------------------------------------------

    def calm(self) -> None:
        """Nothing goes wrong any more, and no calls were made."""
        self.page_size: int | None = None
        self.crowd = 0
        self.latency = 0.0
        self.expired = False
        self.expired_keys: set[str] = set()
        self.denied: set[str] = set()
        self.unknown: set[str] = set()
        self._throttled: list[str | None] = []
        self._cut: list[str | None] = []
        self.calls.clear()

    def deny(self, *operations: str) -> None:
        """There is no permission for these operations."""
        self.denied.update(operations)

    def throttle(self, times: int, operation: str | None = None) -> None:
        """The next calls (of an operation) are throttled; botocore tries most three times."""
        self._throttled += [operation] * times

    def cut(self, times: int, operation: str | None = None) -> None:
        """The connections of the next calls (of an operation) break before there is an answer."""
        self._cut += [operation] * times

    def made(self, *operations: str) -> list[str]:
        """Those of these operations that were asked for, in the order they came."""
        return [call.operation for call in list(self.calls) if call.operation in operations]

    # -- what there is --------------------------------------------------------------------------

    def create(self, name: str, files: Mapping[str, str | bytes], **settings: Any) -> None:
        """Create a Python function with `app.handler` and wait until it is active."""
        self.local.create_function(
            **{
                "FunctionName": name,
                "Runtime": "python3.11",
                "Role": ROLE,
                "Handler": "app.handler",
                "Timeout": 30,
                "Code": {"ZipFile": zipped(dict(files))},
                **settings,
            }
        )
        waiter = self.local.get_waiter("function_active_v2")
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.02, "MaxAttempts": 1000})

    def functions(self) -> list[str]:
        """The names of the functions there really are."""
        found = self.local.get_paginator("list_functions").paginate().build_full_result()
        return [function["FunctionName"] for function in found["Functions"]]

    # -- for the proxy --------------------------------------------------------------------------

    def fault(self, call: Call) -> str | None:
        """What is wrong with a call (`cut`, `expired`, `throttled` …), None for nothing."""
        if _taken(self._cut, call.operation):
            return "cut"
        if self.expired or call.key in self.expired_keys:
            return "expired"
        if _taken(self._throttled, call.operation):
            return "throttled"
        if call.operation in self.unknown:
            return "unknown"
        return "denied" if call.operation in self.denied else None

    def opened(self, connection: Any) -> None:
        """Remember a socket, to close it at the end."""
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: Any) -> None:
        """Forget a socket."""
        with self._lock:
            self._open.discard(connection)

    def call_of(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
        """Which operation a request asks for."""
        path = urlsplit(target).path
        scope = headers.get("Authorization", "").partition("Credential=")[2].split("/")
        service = scope[3] if len(scope) > 3 else ""
        named = headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not named and "/operation/" in path:
            named = path.rpartition("/operation/")[2]
        if not named and service in ("sts", "iam", "sns"):
            named = parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
        if service == "s3" and urlsplit(target).query.startswith("notification"):
            named = f"{'Put' if method == 'PUT' else 'Get'}BucketNotification"
        if not named and service == "lambda":
            route = self.model.route(method, path, parse_qsl(urlsplit(target).query))
            named = route.operation.name if route else ""
        return Call(service, named, path, scope[0])


def _taken(waiting: list[str | None], operation: str) -> bool:
    for wanted in (operation, None):
        if wanted in waiting:
            waiting.remove(wanted)
            return True
    return False


def _handler_of(lab: AwsLab) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.lab = lab
    return Handler


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    lab: AwsLab
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.lab.opened(self.connection)

    def handle(self) -> None:
        with contextlib.suppress(OSError, HTTPException):  # either side may hang up
            super().handle()

    def finish(self) -> None:
        self.lab.closed(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *values: object) -> None:
        """Tests print nothing."""

    def _answer(self) -> None:
        lab = self.lab
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = lab.call_of(self.command, self.path, dict(self.headers.items()), body)
        lab.calls.append(call)
        if lab.latency:
            time.sleep(lab.latency)
        fault = lab.fault(call)
        if fault == "cut":
            self.close_connection = True
        elif fault is not None:
            self._send(*refusal(fault, call.service, call.operation))
        elif call.path.startswith("/_workbench/"):
            self._send(403, {}, b'{"message":"Missing Authentication Token"}')
        elif call.service == "sts":
            self._send(200, {"Content-Type": "text/xml"}, identity_answer())
        elif call.service == "iam":
            self._send(200, {"Content-Type": "text/xml"}, iam_answer(call.operation, body.decode()))
        elif call.operation == "ListFunctions" and lab.crowd:
            self._send(200, {"Content-Type": "application/json"}, self._crowd())
        else:
            self._pass_on(self._paged(call), body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer

    def _paged(self, call: Call) -> str:
        """The request's target, asking for no more than a page."""
        size = self.lab.page_size
        if size is None or call.service != "lambda" or not call.operation.startswith("List"):
            return self.path
        path, _, query = self.path.partition("?")
        return f"{path}?{urlencode({**dict(parse_qsl(query)), 'MaxItems': size})}"

    def _crowd(self) -> bytes:
        """A page of ListFunctions, of the real functions and those that only are listed."""
        query = dict(parse_qsl(urlsplit(self.path).query))
        real = self.lab.local.get_paginator("list_functions").paginate().build_full_result()
        functions = real["Functions"] + [made_up_function(n) for n in range(self.lab.crowd)]
        functions.sort(key=lambda function: function["FunctionName"])
        size = min(int(query.get("MaxItems", _MADE_UP_PAGE)), self.lab.page_size or _MADE_UP_PAGE)
        start = int(query.get("Marker", 0))
        answer: dict[str, Any] = {"Functions": functions[start : start + size]}
        if start + size < len(functions):
            answer["NextMarker"] = str(start + size)
        return json.dumps(answer).encode()

    def _pass_on(self, target: str, body: bytes) -> None:
        where = self.lab.upstream
        connection = HTTPConnection(where.hostname or "", where.port, timeout=120)
        connection.connect()
        self.lab.opened(connection.sock)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
        try:
            connection.request(self.command, target, body, headers)
            with connection.getresponse() as response:
                self._send_on(response)
        finally:
            self.lab.closed(connection.sock)
            connection.close()

    def _send_on(self, response: HTTPResponse) -> None:
        headers = {k: v for k, v in response.getheaders() if k.lower() not in _HOP_BY_HOP}
        if response.length is not None or self.command == "HEAD" or response.status == 204:
            self._send(response.status, headers, response.read())
            return
        self._head(response.status, {**headers, "Transfer-Encoding": "chunked"})
        while chunk := response.read1(65536):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        length = {} if status == 204 else {"Content-Length": str(len(body))}
        self._head(status, {"x-amzn-RequestId": "lab-request-1", **headers, **length})
        if self.command != "HEAD":
            self.wfile.write(body)


@contextlib.contextmanager
def aws_lab(folder: Path) -> Iterator[AwsLab]:
    """Start a local Lambda on an empty folder and AWS in front of it."""
    folder.mkdir(parents=True, exist_ok=True)
    # Not as the screen starts it: that one ends when it was left alone for a while.
    command = [sys.executable, "-m", "workbench", "serve", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        try:
            assert first.startswith("Lambda endpoint: "), first
            with contextlib.closing(AwsLab(first.partition(": ")[2].strip())) as lab:
                yield lab
        finally:
            process.terminate()
            process.communicate(timeout=20)


def configure(lab: AwsLab, folder: Path, environment: pytest.MonkeyPatch) -> None:
    """Let the AWS configuration of this process have the profile `lab` and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config").write_text(
        f"[profile {PROFILE}]\nregion = {REGION}\nendpoint_url = {lab.url}\n"
        "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = example\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        environment.delenv(name, raising=False)
    environment.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
