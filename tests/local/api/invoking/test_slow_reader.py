"""A client that reads slowly slows the function, and the server's memory stays as it is."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from serve_lab import served
from stream_lab import create_streaming, events_of

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
    with served(tmp_path / "project") as server:
        client = server.client()
        create_streaming(client, "streaming")
        server.settle("streaming")
        events_of(client.invoke_with_response_stream(FunctionName="streaming", Payload=b"{}"))
        before = peak(server.process.pid)
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
        assert peak(server.process.pid) - before < 16 * 1024**2
