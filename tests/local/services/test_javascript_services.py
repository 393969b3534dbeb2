"""The AWS SDK for JavaScript as npm has it, unchanged, with the services beside Lambda."""

from __future__ import annotations

from pathlib import Path

from endpoint_lab import LocalEndpoint
from npm_lab import install, run

CLIENTS = [f"@aws-sdk/client-{service}@3" for service in ("dynamodb", "s3", "sqs")]


def test_s3_sqs_and_dynamodb(shared_endpoint: LocalEndpoint, tmp_path: Path) -> None:
    install(tmp_path, *CLIENTS)
    script = Path(__file__).with_name("sdk_services.mjs")
    assert run(shared_endpoint, script, tmp_path) == {
        "text": "text",
        "streamed": True,
        "message": "hello",
        "item": {"id": {"S": "1"}, "n": {"N": "5"}},
    }
