"""A real `workbench serve` and raw connections to it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

APP = "def handler(event, context):\n    return event\n"
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Known:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: known, Handler: app.handler, Runtime: python3.11}
"""
SIGNED = (
    b"Host: 127.0.0.1\r\nAuthorization: AWS4-HMAC-SHA256 "
    b"Credential=A/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0\r\n"
)
INVOKE = b"POST /2015-03-31/functions/known/invocations HTTP/1.1\r\n" + SIGNED


@dataclass(frozen=True)
class Served:
    """A server process and where it listens."""

    port: int
    pid: int

    def peak_mb(self) -> int:
        """The most memory the process has had, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        assert found
        return int(found[1]) // 1024

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def exchange(self, data: bytes) -> bytes:
        """Send `data`, say that no more comes, and read what the server has to say."""
        reader, writer = await self.connect()
        try:
            writer.write(data)
            if writer.can_write_eof():
                writer.write_eof()
            async with asyncio.timeout(30):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def answers(self) -> bool:
        """Whether an ordinary invocation still gets its ordinary answer."""
        event = b'{"a": 1}'
        framing = b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(event)
        answer = await self.exchange(INVOKE + framing + event)
        return answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"\r\n\r\n" + event)


@contextmanager
def served(root: Path) -> Iterator[Served]:
    """`workbench serve` on a project with function `known`, and nothing bad in what it says."""
    root.mkdir(exist_ok=True)
    (root / "app.py").write_text(APP)
    (root / "template.yaml").write_text(TEMPLATE)
    log = root / "server.err"
    command = [sys.executable, "-m", "workbench", "serve", str(root)]
    with log.open("wb") as errors:
        server = subprocess.Popen(
            # As few files as most systems give a program that does not ask for more.
            ["sh", "-c", 'ulimit -Sn 1024; exec "$@"', "sh", *command],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    with server:
        try:
            assert server.stdout is not None
            ready = re.search(r"127\.0\.0\.1:(\d+)", server.stdout.readline())
            assert ready, log.read_text()
            yield Served(int(ready[1]), server.pid)
        finally:
            server.terminate()
            server.wait(30)
    assert "Traceback" not in log.read_text()
    assert server.returncode == 0
