"""The lightest HTTP client that still tells the truth: one socket, one request, one answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, "
    "SignedHeaders=host, Signature=00"
)
"""The local Lambda wants the header of a signed request; it does not check the signature."""


def request(
    path: str,
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    *,
    port: int,
    method: str = "POST",
) -> bytes:
    """The bytes of one request to 127.0.0.1, ready to be sent any number of times."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def invoke_request(port: int, function_name: str, body: bytes = b"{}") -> bytes:
    """The bytes of an Invoke, as a signed client sends it."""
    path = f"/2015-03-31/functions/{function_name}/invocations"
    return request(path, body, {"Authorization": AUTHORIZATION}, port=port)


class RawConnection:
    """A kept-alive connection to a port of 127.0.0.1."""

    def __init__(self, port: int, timeout: float = 30) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> RawConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def exchange(self, sent: bytes) -> tuple[int, bytes]:
        """Send one request, wait for its answer: the status and the body."""
        self.socket.sendall(sent)
        return self.receive()

    def receive(self) -> tuple[int, bytes]:
        """Read one answer, its length told by Content-Length or by chunks."""
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head, body = received[:end].lower(), received[end + 4 :]
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            return status, self._chunked(body)
        at = head.find(b"\r\ncontent-length:")  # not x-amzn-remapped-content-length
        length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        while len(body) < length:
            body += self._more()
        return status, body

    def _chunked(self, raw: bytes) -> bytes:
        body = b""
        while True:
            while (end := raw.find(b"\r\n")) < 0:
                raw += self._more()
            size = int(raw[:end], 16)
            while len(raw) < end + 2 + size + 2:
                raw += self._more()
            if size == 0:
                return body
            body += raw[end + 2 : end + 2 + size]
            raw = raw[end + 2 + size + 2 :]

    def _more(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return data


def timed(sent: bytes, port: int, calls: int, warm: int = 20) -> list[float]:
    """Milliseconds of `calls` exchanges on one connection, after `warm` that don't count.

    Raises RuntimeError when an answer isn't a 200.
    """
    samples = []
    with RawConnection(port) as connection:
        for _ in range(warm):
            connection.exchange(sent)
        for _ in range(calls):
            started = time.perf_counter_ns()
            status, body = connection.exchange(sent)
            samples.append((time.perf_counter_ns() - started) / 1e6)
            if status != 200:
                raise RuntimeError(f"answered {status}: {body[:300]!r}")
    return samples
