"""The AWS SDK for JavaScript as npm has it, unchanged, with the services beside Lambda."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from endpoint_lab import REGION, LocalEndpoint

CLIENTS = [f"@aws-sdk/client-{service}@3" for service in ("dynamodb", "s3", "sqs")]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the SDK in it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node.js and npm are not installed")
    (tmp_path / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", *CLIENTS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=80,
    )
    if done.returncode:
        pytest.skip(f"npm cannot fetch the AWS SDK: {done.stderr.strip()[-200:]}")
    return tmp_path


def test_s3_sqs_and_dynamodb(shared_endpoint: LocalEndpoint, installed: Path) -> None:
    script = installed / "services.mjs"
    shutil.copy(Path(__file__).with_name("sdk_services.mjs"), script)
    done = subprocess.run(
        ["node", script],
        capture_output=True,
        text=True,
        timeout=60,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(installed),
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": shared_endpoint.url,
        },
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "text": "text",
        "streamed": True,
        "message": "hello",
        "item": {"id": {"S": "1"}, "n": {"N": "5"}},
    }
