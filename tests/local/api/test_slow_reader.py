"""A client that reads slowly slows the function, and the server's memory stays as it is."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from stream_lab import create_streaming, events_of

SERVE = """
import sys
from pathlib import Path
from workbench.local.server import ServerOptions, run
sys.exit(run(ServerOptions(Path(sys.argv[1]))))
"""
TOTAL = 96 * 1024 * 1024


def peak(process: int) -> int:
    """The most memory a process ever had, in bytes."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_stalled_reader(tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    event = {"chunks": TOTAL // 1024**2, "times": 1024**2, "progress": str(progress)}
    command = [sys.executable, "-c", SERVE, str(tmp_path / "project")]
    (tmp_path / "project").mkdir()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip().removeprefix("Lambda endpoint: ")
        client = boto3.client(
            "lambda", endpoint_url=url, region_name="us-east-1",
            aws_access_key_id="a", aws_secret_access_key="b",
            config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip
        try:
            create_streaming(client, "streaming")
            client.get_waiter("function_active_v2").wait(
                FunctionName="streaming", WaiterConfig={"Delay": 0.01, "MaxAttempts": 3000}
            )
            events_of(client.invoke_with_response_stream(FunctionName="streaming", Payload=b"{}"))
            before = peak(server.pid)
            answer = client.invoke_with_response_stream(
                FunctionName="streaming", Payload=json.dumps(event).encode()
            )
            # Nothing is read until the function stands still, full as all buffers are.
            said, limit = "", time.monotonic() + 30
            while not said or said != progress.read_text():
                assert time.monotonic() < limit
                said = progress.read_text() if progress.exists() else ""
                time.sleep(0.1)
            assert int(said) < TOTAL
            payload, complete = events_of(answer)
            assert (len(payload), complete) == (TOTAL, {})
            assert peak(server.pid) - before < 16 * 1024**2
        finally:
            client.close()
            server.terminate()
            server.wait(20)
