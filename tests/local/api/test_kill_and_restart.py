"""`kill -9` at any moment: nothing that was accepted or published is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from endpoint_lab import ROLE, zipped

SERVE = """
import sys
from pathlib import Path
from workbench.local.server import ServerOptions, run
sys.exit(run(ServerOptions(Path(sys.argv[1]))))
"""


@contextmanager
def served(root: Path) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    root.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(root)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("Lambda endpoint: ")
        client = boto3.client(
            "lambda",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            yield process, client
        finally:
            client.close()
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_accepted_events_and_versions_survive(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    code = (
        "import pathlib, time\n"
        "def handler(event, context):\n"
        "    time.sleep(0.05)\n"
        f"    pathlib.Path({str(seen)!r}, str(event)).touch()\n"
    )
    with served(tmp_path / "project") as (process, client):
        client.create_function(
            FunctionName="f",
            Runtime="python3.11",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.py": code})},
        )
        client.get_waiter("function_active_v2").wait(
            FunctionName="f", WaiterConfig={"Delay": 0.01, "MaxAttempts": 3000}
        )
        client.publish_version(FunctionName="f")
        client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        for number in range(40):
            client.invoke(FunctionName="f", InvocationType="Event", Payload=str(number).encode())
        os.kill(process.pid, signal.SIGKILL)
    with served(tmp_path / "project") as (_, client):
        limit = time.monotonic() + 30
        while len(list(seen.iterdir())) < 40:
            assert time.monotonic() < limit, "events were lost"
            time.sleep(0.02)
        assert client.get_alias(FunctionName="f", Name="live")["FunctionVersion"] == "1"
        assert client.invoke(FunctionName="f", Qualifier="live", Payload=b"1")["StatusCode"] == 200
