"""HTTP front doors: a request through one beside a direct Invoke of the same function, and beside
MiniStack's HTTP API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks import peers
from tests.benchmarks.measure import Row, Samples, in_turn, ratio_row
from tests.benchmarks.processes import DidNotStart, Server
from tests.benchmarks.raw_http import RawConnection, invoke_request, request, timed
from tests.benchmarks.workbench_server import (
    TRIVIAL,
    OursUnavailable,
    client,
    create_function,
    serving,
)
from workbench.aws.workbench_surface import WorkbenchSurface

URL, HTTP, REST = "function URL", "HTTP API", "REST API"
INVOKE = "Invoke"
PEER = "MiniStack"

REQUESTS, PEER_REQUESTS, ROUNDS = 600, 60, 9

TEMPLATE = f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  trivial:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: trivial/
      Handler: app.handler
      Runtime: {peers.PYTHON_RUNTIME}
      Timeout: 3
      FunctionUrlConfig: {{AuthType: NONE}}
      Events:
        Http: {{Type: HttpApi, Properties: {{Path: "/a/{{name}}", Method: get}}}}
        Rest: {{Type: Api, Properties: {{Path: "/a/{{name}}", Method: get}}}}
"""


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `fronts`; `notes` says which are missing, and why."""
    project = scratch / "project"
    (project / "trivial").mkdir(parents=True)
    (project / "trivial" / "app.py").write_text(TRIVIAL)
    (project / "template.yaml").write_text(TEMPLATE)
    peer: Server | None = None
    try:
        with serving(project, scratch) as port:
            fronts = WorkbenchSurface(f"http://127.0.0.1:{port}").fronts()
            ports = {str(front["Kind"]): _port(front["Url"]) for front in fronts}
            contenders = {
                URL: _asking(ports["FunctionUrl"], "/a/path?b=1"),
                HTTP: _asking(ports["HttpApi"], "/a/path?b=1"),
                REST: _asking(ports["RestApi"], "/Prod/a/path?b=1"),
                INVOKE: lambda: timed(invoke_request(port, "trivial"), port, REQUESTS),
            }
            try:
                peer, address = peers.start_ministack(scratch)
                contenders[PEER] = _asking(_port(address), _peer_path(address), PEER_REQUESTS)
            except (peers.PeerUnavailable, DidNotStart) as error:
                notes.append(str(error))
            rounds = in_turn(contenders, ROUNDS)
            for front in (URL, HTTP, REST):
                yield ratio_row(f"{front}, p50", rounds, front, INVOKE, at_most=1.5)
            if PEER in contenders:
                yield ratio_row(f"{HTTP}, p50", rounds, HTTP, PEER, at_most=0.2)
    except OursUnavailable as error:
        notes.append(str(error))
    finally:
        if peer is not None:
            peer.stop()


def _asking(port: int, path: str, times: int = REQUESTS) -> Callable[[], Samples]:
    """Sends a GET again and again; the first must be answered well."""
    asked = request(path, b"", {"User-Agent": "bench"}, port=port, method="GET")
    with RawConnection(port) as connection:
        status, body = connection.exchange(asked)
        assert (status, body) == (200, b"hello"), (path, status, body)
    return lambda: timed(asked, port, times)


def _port(url: str) -> int:
    return int(url.split("/")[2].rpartition(":")[2])


def _peer_path(url: str) -> str:
    """The path of an HTTP API with one route that MiniStack serves."""
    lambda_ = client(url)
    create_function(lambda_, "trivial", TRIVIAL, peers.PYTHON_RUNTIME)
    gateway: Any = client(url, "apigatewayv2")
    api = gateway.create_api(Name="bench", ProtocolType="HTTP")["ApiId"]
    arn = lambda_.get_function_configuration(FunctionName="trivial")["FunctionArn"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    target = f"integrations/{integration}"
    gateway.create_route(ApiId=api, RouteKey="GET /a/{name}", Target=target)
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return f"/_aws/execute-api/{api}/$default/a/path?b=1"
