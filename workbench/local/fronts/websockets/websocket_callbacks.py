"""`@connections`: how functions speak to the clients of a WebSocket API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import unquote

from workbench.local.api.protocols.serialise import encode
from workbench.local.fronts.client import SOURCE_IP
from workbench.local.fronts.payload_v2 import JSON_TYPE
from workbench.local.fronts.websockets.websocket_connection import MAX_MESSAGE, WebSocketConnection
from workbench.local.http.messages import Request, Response

PREFIX = "/@connections/"


def connection_id(path: str) -> str | None:
    """The connection a path (without its stage) is about; None for other paths."""
    path = unquote(path)
    return path[len(PREFIX) :] if path.startswith(PREFIX) else None


def answer(connections: Mapping[str, WebSocketConnection], id_: str, request: Request) -> Response:
    """PostToConnection, GetConnection or DeleteConnection for the connection `id_`."""
    if request.method not in ("POST", "GET", "DELETE"):
        return error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    if len(request.body) > MAX_MESSAGE:
        return error(413, "PayloadTooLargeException", "Message too long")
    connection = connections.get(id_)
    if connection is None or not connection.open:
        return error(410, "GoneException", "410")
    match request.method:
        case "POST":
            if connection.full:
                return error(429, "LimitExceededException", "The client's buffer is full")
            try:
                text = request.body.decode()
            except UnicodeDecodeError:
                return error(400, "BadRequestException", "The data is no UTF-8 text")
            connection.send(text)
            return Response(200, b"", [("Content-Type", JSON_TYPE)])
        case "GET":
            document = {
                "connectedAt": _time(connection.connected_at),
                "identity": {"sourceIp": SOURCE_IP, "userAgent": connection.user_agent},
                "lastActiveAt": _time(connection.last_active_at),
            }
            return Response(200, encode(document), [("Content-Type", JSON_TYPE)])
        case _:
            connection.close(1000, "Connection Closed Normally")
            return Response(204)


def error(status: int, code: str, message: str) -> Response:
    """An error as API Gateway words it."""
    headers = [("Content-Type", JSON_TYPE), ("x-amzn-ErrorType", code)]
    return Response(status, encode({"message": message}), headers)


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")
