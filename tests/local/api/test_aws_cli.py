"""The AWS CLI against the endpoint, unchanged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from endpoint_lab import ROLE, LocalEndpoint, zipped


def test_a_session(shared_endpoint: LocalEndpoint, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("aws")
    environment = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": shared_endpoint.url,
        "AWS_PAGER": "",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }

    def aws(*words: str) -> Any:
        done = subprocess.run(
            [sys.executable, str(program), *words, "--output", "json"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    (tmp_path / "code.zip").write_bytes(
        zipped({"index.py": "def handler(event, context): return event['n'] + 1"})
    )
    aws(
        "lambda", "create-function", "--function-name", "by-cli", "--runtime", "python3.11",
        "--role", ROLE, "--handler", "index.handler", "--zip-file", "fileb://code.zip",
    )  # fmt: skip
    aws("lambda", "wait", "function-active-v2", "--function-name", "by-cli")
    (tmp_path / "event.json").write_text('{"n": 1}')
    answer = aws(
        "lambda", "invoke", "--function-name", "by-cli", "--payload", "file://event.json", "out"
    )
    assert answer == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
    assert (tmp_path / "out").read_text() == "2"
    assert aws("lambda", "publish-version", "--function-name", "by-cli")["Version"] == "1"
    aws(
        "lambda", "create-alias", "--function-name", "by-cli", "--name", "live",
        "--function-version", "1",
    )  # fmt: skip
    names = [f["FunctionName"] for f in aws("lambda", "list-functions")["Functions"]]
    assert "by-cli" in names
    aws("lambda", "delete-function", "--function-name", "by-cli")
