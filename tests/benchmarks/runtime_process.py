"""A fresh `python -m awslambdaric`, from its spawn to its first answer.

It runs under the smallest Runtime API there can be, ours of the benchmark, and not under the
emulator: the emulator's own work would only make our peer slower.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

from tests.benchmarks.peers import runtime_python

_EVENT = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
    b"Lambda-Runtime-Deadline-Ms: %d\r\n"
    b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:cold\r\n"
    b"Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
_ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{"status":"OK"}'


def first_answer(function: Path) -> float:
    """Milliseconds from spawning the runtime for `app.handler` in `function` to its response.

    Raises RuntimeError when the runtime reports an error instead.
    """
    python = runtime_python()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "cold",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "LAMBDA_TASK_ROOT": str(function),
            "_HANDLER": "app.handler",
        }
        started = time.perf_counter()
        process = subprocess.Popen(
            [python, "-m", "awslambdaric", "app.handler"],
            cwd=function,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _serve_until_answered(listener)
            return (time.perf_counter() - started) * 1000
        finally:
            process.kill()
            process.wait()


def _serve_until_answered(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(30)
            while head := connection.recv(65536):
                if b"/invocation/next " in head.split(b"\r\n", 1)[0]:
                    connection.sendall(_EVENT % int((time.time() + 30) * 1000))
                elif b"/response " in head.split(b"\r\n", 1)[0]:
                    connection.sendall(_ACCEPTED)
                    return
                else:
                    raise RuntimeError(f"the runtime reported {head[:500]!r}")
