"""A small WebSocket client on a socket of its own, with wsproto for the frames."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)


class Refused(Exception):
    """The handshake's answer: `status` and `body`."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body!r}")
        self.status = status
        self.body = body


class Client:
    """A connection. `accepted` is the server's part of the handshake."""

    def __init__(
        self, url: str, headers: dict[str, str] | None = None, protocols: tuple[str, ...] = ()
    ) -> None:
        host, _, target = url.removeprefix("ws://").partition("/")
        name, _, port = host.partition(":")
        self.socket = socket.create_connection((name, int(port)), timeout=30)
        self._ws = WSConnection(ConnectionType.CLIENT)
        given = [(key.encode(), value.encode()) for key, value in (headers or {}).items()]
        self.send(
            Request(
                host=host, target=f"/{target}", extra_headers=given, subprotocols=list(protocols)
            )
        )
        self._events = self._received()
        try:
            first = next(self._events)
            if isinstance(first, RejectConnection):
                body = b""
                while first.has_body:
                    event = next(self._events)
                    assert isinstance(event, RejectData)
                    body += event.data
                    if event.body_finished:
                        break
                raise Refused(first.status_code, body)
            assert isinstance(first, AcceptConnection)
        except BaseException:
            self.socket.close()
            raise
        self.accepted = first

    def _received(self) -> Iterator[Event]:
        while True:
            data = self.socket.recv(65536)
            self._ws.receive_data(data or None)
            yield from self._ws.events()
            if not data:
                return

    def send(self, event: Event) -> None:
        self.socket.sendall(self._ws.send(event))

    def say(self, text: str) -> None:
        """Send a text as one frame."""
        self.send(TextMessage(data=text))

    def hear(self) -> str:
        """The next text."""
        text = ""
        for event in self._events:
            assert isinstance(event, TextMessage), event
            text += event.data
            if event.message_finished:
                return text
        raise AssertionError("the connection ended")

    def ask(self, **document: Any) -> Any:
        """Send a JSON document; the JSON answer."""
        self.say(json.dumps(document))
        return json.loads(self.hear())

    def end(self) -> int:
        """The status code of the server's close frame."""
        for event in self._events:
            if isinstance(event, CloseConnection):
                return int(event.code)
        raise AssertionError("no close frame")


@contextmanager
def connected(url: str, *values: Any, **named: Any) -> Iterator[Client]:
    """A client, whose connection is cut at the end."""
    client = Client(url, *values, **named)
    try:
        yield client
    finally:
        client.socket.close()
