"""The AWS SDK for JavaScript as npm has it, unchanged, against the endpoint."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from endpoint_lab import REGION, ROLE, LocalEndpoint, zipped

HANDLER = """\
exports.handler = async (event) => {
  console.log("hello from the log");
  if (event.fail) throw new RangeError("as you wish");
  return { hello: event.name };
};
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the SDK in it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node.js and npm are not installed")
    (tmp_path / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", "@aws-sdk/client-lambda@3"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=80,
    )
    if done.returncode:
        pytest.skip(f"npm cannot fetch @aws-sdk/client-lambda: {done.stderr.strip()[-200:]}")
    return tmp_path


def test_a_session(shared_endpoint: LocalEndpoint, installed: Path) -> None:
    script = installed / "session.mjs"
    shutil.copy(Path(__file__).with_name("sdk_session.mjs"), script)
    (installed / "code.zip").write_bytes(zipped({"index.js": HANDLER}))
    done = subprocess.run(
        ["node", script, ROLE, installed / "code.zip"],
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
        "created": "Pending",
        "answer": {"hello": "Ada"},
        "log": True,
        "version": "1",
        "alias": "live",
        "failed": ["Unhandled", "RangeError"],
        "streamed": [{"hello": "Ada"}, "Unhandled"],
        "listed": True,
        "error": ["ResourceNotFoundException", 404, "User"],
    }
