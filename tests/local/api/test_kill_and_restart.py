"""`kill -9` at any moment: nothing that was accepted or published is lost."""

from __future__ import annotations

import time
from pathlib import Path

from serve_lab import served


def test_accepted_events_and_versions_survive(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    code = (
        "import pathlib, time\n"
        "def handler(event, context):\n"
        "    time.sleep(0.05)\n"
        f"    pathlib.Path({str(seen)!r}, str(event)).touch()\n"
    )
    with served(tmp_path / "project") as server:
        server.create(code, FunctionName="f")
        client = server.client()
        client.publish_version(FunctionName="f")
        client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        for number in range(40):
            client.invoke(FunctionName="f", InvocationType="Event", Payload=str(number).encode())
        server.process.kill()
    with served(tmp_path / "project") as server:
        limit = time.monotonic() + 30
        while len(list(seen.iterdir())) < 40:
            assert time.monotonic() < limit, "events were lost"
            time.sleep(0.02)
        client = server.client()
        assert client.get_alias(FunctionName="f", Name="live")["FunctionVersion"] == "1"
        assert client.invoke(FunctionName="f", Qualifier="live", Payload=b"1")["StatusCode"] == 200
