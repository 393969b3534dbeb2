"""`--services` and `--credentials`: other endpoints, real accounts, the developer's credentials."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint, local_lambda

from workbench.local.services.choice import EMBEDDED, ServiceChoice, parse_services
from workbench.local.services.settings import ServiceError

SHOW = """\
import os
def handler(event, context):
    return {name: os.environ.get(name) for name in event}
"""


def environment_of(endpoint: LocalEndpoint, *names: str) -> dict[str, Any]:
    """Variables as a function of the endpoint sees them."""
    name = endpoint.create(SHOW)
    answer = endpoint.client().invoke(FunctionName=name, Payload=json.dumps(names))
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    return said


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("embedded", EMBEDDED),
        ("aws", ServiceChoice("aws")),
        ("aws:dev", ServiceChoice("aws", profile="dev")),
        ("http://127.0.0.1:4566/", ServiceChoice("url", url="http://127.0.0.1:4566")),
    ],
)
def test_what_can_be_said(text: str, choice: ServiceChoice) -> None:
    assert parse_services(text) == choice


@pytest.mark.parametrize("text", ["", "localstack", "aws:", "http://", "ftp://x"])
def test_what_cannot(text: str) -> None:
    with pytest.raises(ValueError, match="embedded, aws, aws:PROFILE or an address"):
        parse_services(text)


def test_services_of_another_endpoint(shared_endpoint: LocalEndpoint, tmp_path: Path) -> None:
    other = shared_endpoint
    other.client("sqs").create_queue(QueueName="elsewhere")
    choice = ServiceChoice("url", url=other.url)
    with local_lambda(tmp_path / "project", services=choice) as endpoint:
        services = endpoint.server._services
        found = endpoint.call(services.call, "sqs", "GetQueueUrl", {"QueueName": "elsewhere"})
        assert found == {"QueueUrl": f"{other.url}/123456789012/elsewhere"}
        with pytest.raises(ServiceError) as error:
            endpoint.call(services.call, "sqs", "GetQueueUrl", {"QueueName": "nowhere"})
        assert error.value.code == "AWS.SimpleQueueService.NonExistentQueue"
        seen = environment_of(endpoint, "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA")
        assert seen == {"AWS_ENDPOINT_URL": other.url, "AWS_ENDPOINT_URL_LAMBDA": endpoint.url}
        for service, operation in (("s3", "list_buckets"), ("sqs", "list_queues")):
            with pytest.raises(ClientError, match=f"those at {other.url}: send it there"):
                getattr(endpoint.client(service), operation)()


def test_another_endpoint_is_asked_as_the_account_of_the_resource(tmp_path: Path) -> None:
    keys: list[str] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            credential = self.headers["Authorization"].partition("Credential=")[2]
            keys.append(credential.partition("/")[0])
            body = b'{"__type": "ResourceNotFoundException", "message": "no"}'
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    choice = ServiceChoice("url", url=f"http://127.0.0.1:{server.server_port}")
    try:
        with local_lambda(tmp_path / "project", services=choice) as endpoint:
            name = endpoint.create()
            with pytest.raises(ClientError, match="Stream not found"):
                endpoint.client().create_event_source_mapping(
                    FunctionName=name,
                    EventSourceArn="arn:aws:kinesis:us-east-1:111122223333:stream/orders",
                    StartingPosition="LATEST",
                )
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
    assert keys == ["111122223333"]


def test_an_endpoint_where_nobody_answers(tmp_path: Path) -> None:
    choice = ServiceChoice("url", url="http://127.0.0.1:1")
    with (
        local_lambda(tmp_path / "project", services=choice) as endpoint,
        pytest.raises(ServiceError, match="Could not connect"),
    ):
        endpoint.call(endpoint.server._services.call, "sqs", "ListQueues", {})


@pytest.fixture
def aws_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """AWS configuration of a developer, with a profile that has credentials and one without."""
    file = tmp_path / "credentials"
    file.write_text("[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = shh\n[bare]\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    return file


KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


def test_functions_never_have_the_developers_credentials_unasked(
    aws_home: Path, tmp_path: Path
) -> None:
    choice = ServiceChoice("aws", profile="dev")
    with local_lambda(tmp_path / "project", services=choice) as endpoint:
        seen = environment_of(endpoint, *KEYS)
        assert seen["AWS_ACCESS_KEY_ID"] == "ASIAWORKBENCHLOCAL00" and "shh" not in seen.values()
        assert seen["AWS_ENDPOINT_URL"] is None
        settings = endpoint.server._services.settings()
        assert (settings.endpoint_url, settings.profile) == (None, "dev")


def test_functions_have_them_when_asked_and_it_is_told(aws_home: Path, tmp_path: Path) -> None:
    from workbench.aws.workbench_surface import WorkbenchSurface

    with local_lambda(tmp_path / "project", credentials="dev") as endpoint:
        seen = environment_of(endpoint, *KEYS)
        assert seen["AWS_ACCESS_KEY_ID"] == "AKIADEV" and seen["AWS_SECRET_ACCESS_KEY"] == "shh"
        assert seen["AWS_SESSION_TOKEN"] is None
        assert WorkbenchSurface(endpoint.url).status()["Credentials"] == "dev"


def test_credentials_that_expire_are_renewed(
    aws_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = tmp_path / "count"
    source = tmp_path / "source.py"
    source.write_text(
        "import datetime, json, pathlib\n"
        f"count = pathlib.Path({str(count)!r})\n"
        "count.write_text(count.read_text() + 'I' if count.exists() else 'I')\n"
        "end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': 'KEY' + count.read_text(),\n"
        "    'SecretAccessKey': 's', 'SessionToken': 't', 'Expiration': end.isoformat()}))\n"
    )
    config = tmp_path / "config"
    config.write_text(f"[profile lent]\ncredential_process = {sys.executable} {source}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setattr("workbench.local.services.credentials._BEFORE_THE_END", 3600.0)
    monkeypatch.setattr("workbench.local.services.credentials._TRY_AGAIN", 0.1)
    with local_lambda(tmp_path / "project", credentials="lent") as endpoint:
        first = environment_of(endpoint, *KEYS)
        assert first["AWS_ACCESS_KEY_ID"].startswith("KEYI")
        assert first["AWS_SESSION_TOKEN"] == "t"
        name = endpoint.create(SHOW)
        seen: set[str] = set()
        deadline = time.monotonic() + 60
        while len(seen) < 2:
            assert time.monotonic() < deadline
            answer = endpoint.client().invoke(FunctionName=name, Payload=json.dumps(KEYS))
            seen.add(json.loads(answer["Payload"].read())["AWS_ACCESS_KEY_ID"])


@pytest.mark.parametrize(
    ("profile", "said"), [("bare", "has no credentials"), ("nobody", "could not be found")]
)
def test_a_profile_that_has_none(aws_home: Path, tmp_path: Path, profile: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "serve", str(tmp_path), "--credentials", profile],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("workbench serve: ") and said in done.stderr
    assert done.stderr.count("\n") == 1
