"""The sample chat, with two clients on real sockets."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from sample_lab import served, until
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Request, TextMessage


class Client:
    """A connection to a WebSocket API that was accepted."""

    def __init__(self, url: str) -> None:
        host, _, path = url.removeprefix("ws://").partition("/")
        name, _, port = host.partition(":")
        self._socket = socket.create_connection((name, int(port)), timeout=30)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self.send(Request(host=host, target=f"/{path}"))
        assert isinstance(self.next(), AcceptConnection)

    def send(self, event: Event) -> None:
        self._socket.sendall(self._protocol.send(event))

    def next(self) -> Event:
        """The next thing the API sends."""
        while True:
            for event in self._protocol.events():
                return event
            self._protocol.receive_data(self._socket.recv(65536) or None)

    def heard(self) -> object:
        message = self.next()
        assert isinstance(message, TextMessage)
        return json.loads(message.data)

    def close(self) -> None:
        self.send(CloseConnection(code=1000))
        self.next()
        self._socket.close()


def test_chat(tmp_path: Path) -> None:
    with served("chat", tmp_path) as app:
        url = app.front("Chat")
        ada, grace = Client(url), Client(url)
        assert len(app.items("Connections")) == 2
        ada.send(TextMessage(json.dumps({"action": "say", "name": "Ada", "text": "Hello!"})))
        assert ada.heard() == grace.heard() == {"name": "Ada", "text": "Hello!"}

        grace.close()
        until(lambda: len(app.items("Connections")) == 1)
        assert app.invoke("Chat", "somebody says hello") == {"statusCode": 200}
        assert ada.heard() == {"name": "Ada", "text": "Hello, is anybody there?"}
        ada.close()
