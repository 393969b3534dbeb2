"""One WebSocket connection (RFC 6455), with API Gateway's limits.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from workbench.local.http.messages import Successor

MAX_MESSAGE = 128 * 1024
MAX_FRAME = 32 * 1024
IDLE_SECONDS = 600.0
LIFE_SECONDS = 7200.0
MAX_UNSENT = 1024 * 1024  # bytes that wait for a client which does not read
_GOODBYE_SECONDS = 3.0  # for the client's own close frame

OnMessage = Callable[["WebSocketConnection", str], None]
OnClose = Callable[["WebSocketConnection", int, str], None]


class WebSocketConnection(Successor):
    """`on_message` gets each text; `on_close`, once, the status code and reason of the end.

    `connected_at` and `last_active_at` are seconds since the epoch.
    """

    def __init__(
        self, id_: str, host: str, user_agent: str, on_message: OnMessage, on_close: OnClose
    ) -> None:
        self.id = id_
        self.host = host
        self.user_agent = user_agent
        self.connected_at = self.last_active_at = time.time()
        self._on_message = on_message
        self._on_close = on_close
        self._protocol = Connection(ConnectionType.SERVER)
        self._pieces: list[str] = []
        self._message_size = self._frame_size = 0
        self._ended: tuple[int, str] | None = None
        self._goodbye: float | None = None  # when the client's close frame is no longer awaited
        self._transport: asyncio.Transport
        self._leave: Callable[[], None]

    @property
    def full(self) -> bool:
        """Whether more waits for the client than should."""
        return self._transport.get_write_buffer_size() > MAX_UNSENT

    @property
    def open(self) -> bool:
        """Whether texts can still be sent."""
        return self._protocol.state is ConnectionState.OPEN

    def take_over(
        self, transport: asyncio.Transport, early: bytes, leave: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._leave = leave
        loop_time = asyncio.get_running_loop().time()
        self._active = self._began = loop_time
        if early:
            self.data_received(early)

    def send(self, text: str) -> None:
        """Send a text, or nothing when the connection is closing."""
        if self.open:
            self._touch()
            self._transport.write(self._protocol.send(TextMessage(data=text)))

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; the connection ends when the client did so too."""
        if self.open:
            self._ended = (code, reason)
            self._transport.write(self._protocol.send(CloseConnection(code=code, reason=reason)))
            self._goodbye = asyncio.get_running_loop().time() + _GOODBYE_SECONDS

    def abort(self) -> None:
        self._transport.abort()

    def check_deadline(self, now: float) -> None:
        if self._goodbye is not None:
            if now > self._goodbye:
                self._transport.abort()
        elif now - self._active > IDLE_SECONDS or now - self._began > LIFE_SECONDS:
            self.close(1001, "Going away")

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            match event:
                case TextMessage():
                    self._text(event)
                case BytesMessage():
                    self.close(1003, "Binary frames are not supported")
                case Ping():
                    self._touch()
                    if self.open:
                        self._transport.write(self._protocol.send(event.response()))
                case CloseConnection() if self.open:  # what came was no proper frame
                    self.close(int(event.code), "Protocol error")
                case CloseConnection():
                    self._closed_by_client(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._on_close(self, *(self._ended or (1006, "Connection closed abnormally")))

    def _text(self, event: TextMessage) -> None:
        if not self.open:
            return
        self._touch()
        size = len(event.data.encode())
        self._frame_size += size
        self._message_size += size
        if self._frame_size > MAX_FRAME or self._message_size > MAX_MESSAGE:
            self._pieces.clear()
            self.close(1009, "Message too big")
            return
        self._pieces.append(event.data)
        if event.frame_finished:
            self._frame_size = 0
        if event.message_finished:
            text = "".join(self._pieces)
            self._pieces.clear()
            self._message_size = 0
            self._on_message(self, text)

    def _closed_by_client(self, event: CloseConnection) -> None:
        if self._protocol.state is ConnectionState.REMOTE_CLOSING:
            unset = event.code == 1005
            said = "Client-side close frame status not set" if unset else event.reason
            self._ended = (int(event.code), said or "")
            self._transport.write(self._protocol.send(event.response()))
        self._transport.close()

    def _touch(self) -> None:
        self.last_active_at = time.time()
        self._active = asyncio.get_running_loop().time()
