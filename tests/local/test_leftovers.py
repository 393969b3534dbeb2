"""Functions end with their server: also those that hang, fork, or start programs apart."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import threading
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from serve_lab import Served, served

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


def _invoke(server: Served, hang: bool) -> None:
    with contextlib.suppress(BotoCoreError, ClientError):
        server.client().invoke(FunctionName="F", Payload=json.dumps({"hang": hang}).encode())


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
    with served(project) as server:
        reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        invoking = threading.Thread(target=_invoke, args=(server, hang))
        invoking.start()
        assert select.select([reading], [], [], 30)[0]
        assert os.read(reading, 7) == b"started"
        if not hang and runtime.startswith("python"):
            invoking.join()
        server.process.send_signal(number)
        server.process.wait(20)
        assert _is_over(reading)
        invoking.join()
        os.close(reading)
