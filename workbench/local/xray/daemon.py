"""The X-Ray daemon's port: segments by UDP, questions about sampling by HTTP on the same number.

SDKs find it through AWS_XRAY_DAEMON_ADDRESS. In a function they ask nothing, as Lambda decides
what is sampled; those that ask all the same get a rule that samples everything.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable

from workbench.local.http.listener import Listener
from workbench.local.http.messages import Request, Response

HOST = "127.0.0.1"
MAX_PACKET = 256 * 1024
_TRIES = 20

RULE = {
    "RuleName": "Default",
    "RuleARN": "arn:aws:xray:us-east-1:123456789012:sampling-rule/Default",
    "ResourceARN": "*",
    "Priority": 10_000,
    "FixedRate": 1.0,
    "ReservoirSize": 1,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "Version": 1,
    "Attributes": {},
}


class XrayDaemon:
    """Takes segments and hands each document, unread, to `take`. Its address is known at once;
    it listens from `start` to `close`. Belongs to the event loop's thread."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._packets, self._connections = _bound()
        self.address = f"{HOST}:{self._packets.getsockname()[1]}"
        self._questions = Listener(_answer)
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Packets(self._take), sock=self._packets
        )
        await self._questions.serve(self._connections)

    async def close(self) -> None:
        """Stop listening."""
        if self._transport is None:
            self._packets.close()
            self._connections.close()
        else:
            self._transport.close()
            await self._questions.close()


def _bound() -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same port. Both stay bound: a port that was only seen to be
    free is taken by somebody's connection before anything listens there."""
    for _ in range(_TRIES):
        packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        connections = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            packets.bind((HOST, 0))
            connections.bind(packets.getsockname())
            return packets, connections
        except OSError:
            packets.close()
            connections.close()
    raise OSError("no port is free for X-Ray's daemon")


class _Packets(asyncio.DatagramProtocol):
    """A packet is a line of JSON that says so, and a document."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: object) -> None:
        head, _, document = data.partition(b"\n")
        if b'"format"' in head and document and len(data) <= MAX_PACKET:
            self._take(document)


def _answer(request: Request) -> Response:
    now = time.time()
    if request.path == "/GetSamplingRules":
        record = {"SamplingRule": RULE, "CreatedAt": 0, "ModifiedAt": 0}
        return _json(200, {"SamplingRuleRecords": [record]})
    if request.path == "/SamplingTargets":
        target = {"RuleName": "Default", "FixedRate": 1.0, "Interval": 10}
        return _json(
            200,
            {
                "SamplingTargetDocuments": [target],
                "LastRuleModification": now,
                "UnprocessedStatistics": [],
            },
        )
    return _json(404, {"message": f"X-Ray's daemon has no {request.path}."})


def _json(status: int, document: object) -> Response:
    return Response(status, json.dumps(document).encode(), [("Content-Type", "application/json")])
