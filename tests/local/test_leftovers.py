"""Functions end with their server: also those that hang, fork, or start programs apart."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Holds the writing end of a fifo open, in itself and whatever it starts: end of file tells that
# the last of them is gone.
HANGS = """
import os, signal, subprocess, time
fifo = os.open({fifo!r}, os.O_WRONLY)
os.set_inheritable(fifo, True)
def handler(event, context):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", "600"], start_new_session=True, close_fds=False)
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(600)
    os.write(fifo, b"started")
    while event["hang"]:
        time.sleep(1)
"""
BOOTSTRAP = """#!/bin/sh
exec 3>{fifo}
echo started >&3
sleep 600
"""


@contextlib.contextmanager
def _serve(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "workbench", "serve", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip().removeprefix("Lambda endpoint: ")
        finally:
            process.kill()


def _invoke(url: str, hang: bool) -> None:
    client = boto3.client(
        "lambda",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with contextlib.suppress(BotoCoreError, ClientError):
        client.invoke(FunctionName="F", Payload=json.dumps({"hang": hang}).encode())
    client.close()


def _is_over(descriptor: int) -> bool:
    """Whether within half a minute nobody has the fifo open for writing any more."""
    while True:
        if not select.select([descriptor], [], [], 30)[0]:
            return False
        if not os.read(descriptor, 100):
            return True


@pytest.mark.parametrize("runtime", ["python3.11", "provided.al2023"])
@pytest.mark.parametrize(
    ("number", "hang"), [(signal.SIGKILL, True), (signal.SIGTERM, True), (signal.SIGTERM, False)]
)
def test_nothing_outlives_the_server(
    tmp_path: Path, runtime: str, number: signal.Signals, hang: bool
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    project = tmp_path / "project"
    project.mkdir()
    (project / "template.yaml").write_text(
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        f"      {{CodeUri: ., Handler: app.handler, Runtime: {runtime}, Timeout: 60}}\n"
    )
    (project / "app.py").write_text(HANGS.format(fifo=str(fifo)))
    (project / "bootstrap").write_text(BOOTSTRAP.format(fifo=fifo))
    (project / "bootstrap").chmod(0o755)
    with _serve(project) as (server, url):
        reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        invoking = threading.Thread(target=_invoke, args=(url, hang))
        invoking.start()
        assert select.select([reading], [], [], 30)[0]
        assert os.read(reading, 7) == b"started"
        if not hang and runtime.startswith("python"):
            invoking.join()
        server.send_signal(number)
        server.wait(20)
        assert _is_over(reading)
        invoking.join()
        os.close(reading)
