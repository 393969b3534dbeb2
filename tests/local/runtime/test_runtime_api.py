"""The Runtime API's status codes, error bodies and state rules (lambda-facts §1.1)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import pytest
from runtime_lab import ARN, TRACE, request, until

from workbench.local.runtime.domain.runtime_api import RuntimeApi, known_error_type
from workbench.local.runtime.domain.runtime_connection import MAX_RESPONSE
from workbench.local.runtime.response_stream import ResponseStream

BASE = "/2018-06-01/runtime"


class Heard:
    """Keeps what the Runtime API reports, and answers /next when told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.asked = asyncio.Event()
        self.stream: ResponseStream | None = None

    def runtime_next(self) -> None:
        self.asked.set()

    def runtime_response(self, body: bytes, content_type: str, streamed: bool) -> None:
        self.calls.append(("response", body, content_type, streamed))

    def runtime_stream(self) -> ResponseStream | None:
        return self.stream

    def runtime_error(self, body: bytes, error_type: str) -> None:
        self.calls.append(("error", body, error_type))

    def runtime_init_error(self, body: bytes, error_type: str) -> None:
        self.calls.append(("init error", body, error_type))

    def runtime_restore_next(self) -> None:
        self.calls.append(("restore next",))
        self.asked.set()

    def runtime_restore_error(self, body: bytes, error_type: str) -> None:
        self.calls.append(("restore error", body, error_type))

    def runtime_oversize(self, limit: int) -> None:
        self.calls.append(("oversize", limit))


class Client:
    """A runtime that says exactly what a test wants it to."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def open(self) -> Client:
        host, port = self.address.split(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port))
        return self

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: x"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if "Transfer_Encoding" not in headers:
            lines.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def reply(self) -> tuple[int, bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        return int(head.split(b" ")[1]), await self.reader.readexactly(size)

    async def ask(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, bytes]:
        self.send(method, path, body, **headers)
        return await self.reply()


class Room:
    address: str

    def __init__(self) -> None:
        self.heard = Heard()
        self.api = RuntimeApi(self.heard)
        self.clients: list[Client] = []

    async def client(self) -> Client:
        client = await Client(self.address).open()
        self.clients.append(client)
        return client

    async def running(self, request_id: str = "one") -> Client:
        """A client that has got an invocation."""
        client = await self.client()
        client.send("GET", f"{BASE}/invocation/next")
        await self.heard.asked.wait()
        self.heard.asked.clear()
        self.api.deliver(request(request_id=request_id), 12345)
        assert await client.reply() == (200, b"{}")
        return client


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    room.address = await room.api.open()
    yield room
    for client in room.clients:
        client.writer.close()
    room.api.close()


def error(body: bytes) -> tuple[str, str]:
    document = json.loads(body)
    assert list(document) == ["errorMessage", "errorType"]
    return document["errorType"], document["errorMessage"]


async def test_an_answer_is_accepted_once_and_only_for_the_current_id(room: Room) -> None:
    client = await room.running()
    status, body = await client.ask("POST", f"{BASE}/invocation/two/response", b"1")
    assert (status, error(body)) == (400, ("InvalidRequestID", "Invalid request ID"))
    status, body = await client.ask("POST", f"{BASE}/invocation/one/response", b"[1]")
    assert (status, json.loads(body)) == (202, {"status": "OK"})
    assert room.heard.calls == [("response", b"[1]", "application/json", False)]
    for what in ("response", "error"):
        status, body = await client.ask("POST", f"{BASE}/invocation/one/{what}", b"2")
        assert (status, error(body)[0]) == (400, "InvalidRequestID")


async def test_answer_and_next_in_one_packet(room: Room) -> None:
    client = await room.running()
    client.send("POST", f"{BASE}/invocation/one/response", b"1")
    client.send("GET", f"{BASE}/invocation/next")
    await room.heard.asked.wait()
    room.api.deliver(request(b'"event"', request_id="two"), 1)
    assert (await client.reply())[0] == 202
    assert await client.reply() == (200, b'"event"')


async def test_headers_of_an_invocation(room: Room) -> None:
    client = await room.client()
    client.send("GET", f"{BASE}/invocation/next")
    await room.heard.asked.wait()
    room.api.deliver(request(b"", request_id="one", client_context='{"custom":{}}'), 12345)
    head = await client.reader.readuntil(b"\r\n\r\n")
    assert await client.reader.readexactly(2) == b"{}", "no payload is an empty object"
    assert dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:-2]) == {
        "Content-Type": "application/json",
        "Content-Length": "2",
        "Lambda-Runtime-Aws-Request-Id": "one",
        "Lambda-Runtime-Deadline-Ms": "12345",
        "Lambda-Runtime-Invoked-Function-Arn": ARN,
        "Lambda-Runtime-Trace-Id": TRACE,
        "Lambda-Runtime-Client-Context": '{"custom":{}}',
    }


async def test_wrong_states(room: Room) -> None:
    client = await room.client()
    status, body = await client.ask("POST", f"{BASE}/invocation/one/response", b"1")
    assert (status, error(body)[0]) == (403, "InvalidStateTransition")
    client = await room.running()
    for method, path, states in [
        ("GET", f"{BASE}/invocation/next", "from Running to Ready"),
        ("POST", f"{BASE}/init/error", "from Running to InitError"),
    ]:
        status, body = await client.ask(method, path)
        assert (status, error(body)[0]) == (403, "InvalidStateTransition")
        assert f"State transition {states} failed for runtime. Error: " in error(body)[1]
    assert room.heard.calls == []


async def test_init_error(room: Room) -> None:
    client = await room.client()
    headers = {"Lambda_Runtime_Function_Error_Type": "Runtime.NoSuchHandler"}
    assert (await client.ask("POST", f"{BASE}/init/error", b"{}", **headers))[0] == 202
    assert room.heard.calls == [("init error", b"{}", "Runtime.NoSuchHandler")]
    assert (await client.ask("GET", f"{BASE}/invocation/next"))[0] == 403


async def test_oversize_is_refused_and_ends_the_invocation(room: Room) -> None:
    client = await room.running()
    status, body = await client.ask(
        "POST", f"{BASE}/invocation/one/response", b"x" * (MAX_RESPONSE + 1)
    )
    assert (status, error(body)[0]) == (413, "RequestEntityTooLarge")
    assert error(body)[1] == "Exceeded maximum allowed payload size (6291556 bytes)."
    assert room.heard.calls == [("oversize", 6291556)]


async def test_streamed_answer_with_an_error_in_its_trailers(room: Room) -> None:
    client = await room.running()
    room.heard.stream = stream = ResponseStream()
    trailer = base64.b64encode(b'{"errorType":"E"}').decode()
    body = (
        "3\r\nabc\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.Mine\r\n"
        f"Lambda-Runtime-Function-Error-Body: {trailer}\r\n\r\n"
    )
    status, _ = await client.ask(
        "POST", f"{BASE}/invocation/one/response", body.encode(),
        Transfer_Encoding="chunked", Lambda_Runtime_Function_Response_Mode="streaming",
    )  # fmt: skip
    assert status == 202
    assert room.heard.calls == [("error", b'{"errorType":"E"}', "Function.Mine")]
    stream.end()
    assert (stream.content_type, await stream.read(), await stream.read()) == (
        "application/octet-stream", b"abc", b"",
    )  # fmt: skip


async def test_a_streamed_answer_over_its_limit(room: Room) -> None:
    client = await room.running()
    room.heard.stream = stream = ResponseStream()
    stream.abandon()  # nobody reads: the limit counts all the same
    client.send(
        "POST", f"{BASE}/invocation/one/response",
        Transfer_Encoding="chunked", Lambda_Runtime_Function_Response_Mode="streaming",
    )  # fmt: skip
    piece = b"%x\r\n%b\r\n" % (8 * 1024**2, bytes(8 * 1024**2))
    for _ in range(25):
        client.writer.write(piece)
        await client.writer.drain()
    client.writer.write(b"1\r\nx\r\n")
    await until(lambda: room.heard.calls)  # the invocation does not wait for the end
    client.writer.write(b"0\r\n\r\n")
    status, body = await client.reply()
    assert (status, error(body)[0]) == (413, "RequestEntityTooLarge")
    assert room.heard.calls == [("oversize", 200 * 1024**2)]


async def test_other_replies(room: Room) -> None:
    client = await room.client()
    assert await client.ask("GET", "/2018-06-01/ping") == (200, b"pong")
    assert (await client.ask("GET", "/nothing"))[0] == 404
    client = await room.running()
    headers = {"Lambda_Runtime_Function_Response_Mode": "sideways"}
    status, body = await client.ask("POST", f"{BASE}/invocation/one/response", b"1", **headers)
    assert (status, error(body)[0]) == (400, "InvalidFunctionResponseMode")
    client.writer.write(b"rubbish\r\n\r\n")
    status, body = await client.reply()
    assert (status, error(body)[0]) == (400, "TruncatedHTTPRequest")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Runtime.ExitError", "Runtime.ExitError"), ("Function.My", "Function.My"),
     ("Function.my", "Function.Unknown"), ("ValueError", "Runtime.Unknown"),
     (None, "Runtime.Unknown")],
)  # fmt: skip
def test_error_types_are_normalised(given: str | None, kept: str) -> None:
    assert known_error_type(given) == kept


async def test_a_restore_is_waited_for_and_may_fail_once(room: Room) -> None:
    client = await room.client()
    refusal = (403, "InvalidStateTransition")

    async def refused(path: str) -> tuple[int, str]:
        status, body = await client.ask("POST", f"{BASE}/{path}", b"{}")
        return status, json.loads(body)["errorType"]

    assert await refused("restore/error") == refusal
    client.send("GET", f"{BASE}/restore/next")
    await room.heard.asked.wait()
    assert room.api.state == "RestoreReady"
    room.api.restore()
    assert await client.reply() == (200, b"")
    headers = {"Lambda_Runtime_Function_Error_Type": "Runtime.AfterRestoreError"}
    status, _ = await client.ask("POST", f"{BASE}/restore/error", b"{}", **headers)
    assert status == 202
    assert room.heard.calls[-1] == ("restore error", b"{}", "Runtime.AfterRestoreError")
    assert await refused("restore/error") == refusal
    status, _ = await client.ask("GET", f"{BASE}/restore/next")
    assert status == 403


async def test_a_mistake_of_ours_is_not_told_as_the_runtime_s(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken() -> None:
        raise LookupError("ours")

    room.heard.runtime_next = mistaken  # type: ignore[method-assign]
    client = await room.client()
    client.send("GET", f"{BASE}/invocation/next")
    assert await client.reader.read() == b""
    assert "ours" in caplog.text
