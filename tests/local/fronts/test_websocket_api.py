"""WebSocket APIs over real sockets: routes, what functions see, callbacks, limits."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_lab import left, management, write_project
from endpoint_lab import LocalEndpoint, local_lambda
from websocket_lab import Client, Refused, connected
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("chat")
    write_project(root)
    return root


@pytest.fixture(scope="module")
def endpoint(project: Path) -> Iterator[LocalEndpoint]:
    with local_lambda(project, project=project) as endpoint:
        yield endpoint


def url_of(endpoint: LocalEndpoint, name: str) -> str:
    fronts = endpoint.call(endpoint.server.fronts)
    url: str = next(front["Url"] for front in fronts if front["Name"] == name)
    return url


@pytest.fixture(scope="module")
def chat(endpoint: LocalEndpoint) -> str:
    return url_of(endpoint, "Chat")


def test_what_functions_see(chat: str, project: Path) -> None:
    host = chat.removeprefix("ws://").partition("/")[0]
    with connected(chat, {"User-Agent": "lab"}) as client:
        event = client.ask(action="ask", text="ü")
        context = event.pop("requestContext")
        assert event == {
            "stageVariables": {"color": "blue", "way": "ack"},
            "body": '{"action": "ask", "text": "\\u00fc"}',
            "isBase64Encoded": False,
        }
        assert context.pop("requestId") == context.pop("extendedRequestId")
        assert context.pop("messageId").endswith("=")
        assert context.pop("requestTimeEpoch") >= context.pop("connectedAt")
        assert context.pop("requestTime").endswith("+0000")
        id_ = context.pop("connectionId")
        assert len(id_) == 16 and id_.endswith("=")
        assert context == {
            "routeKey": "ask",
            "eventType": "MESSAGE",
            "messageDirection": "IN",
            "stage": "live",
            "identity": {"userAgent": "lab", "sourceIp": "127.0.0.1"},
            "domainName": host,
            "apiId": "chat",
        }
        client.send(CloseConnection(code=4000, reason="enough"))
        assert client.end() == 4000
    event = left(project, id_)
    assert event["headers"] == {
        "Host": host,
        "x-api-key": "",
        "X-Forwarded-For": "",
        "x-restapi": "",
    }
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (4000, "enough")


def test_the_route_is_what_the_message_selects(chat: str) -> None:
    with connected(chat) as client:
        for text in ("no JSON", "[1]", "{}", '{"action": "unheard of"}', '{"action": "$connect"}'):
            client.say(text)
            event = json.loads(client.hear())
            assert event["requestContext"]["routeKey"] == "$default"
            assert event["body"] == text


def test_only_routes_with_a_response_answer(chat: str) -> None:
    with connected(chat) as client:
        client.say('{"action": "silent"}')
        assert client.ask(action="ask")["requestContext"]["routeKey"] == "ask"


def test_a_function_that_fails_is_told_of(chat: str) -> None:
    with connected(chat) as client:
        answer = client.ask(action="fail")
        assert answer.pop("connectionId") and answer.pop("requestId")
        assert answer == {"message": "Internal server error"}


@pytest.mark.parametrize(
    ("query", "status"),
    [("status=403", 403), ("status=401", 401), ("status=302", 302), ("crash", 502),
     ("nothing", 502)],
)  # fmt: skip
def test_who_is_refused_is_not_connected(chat: str, query: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        Client(f"{chat}?{query}=" if "=" not in query else f"{chat}?{query}")
    assert refused.value.status == status
    if status == 403:
        event = json.loads(refused.value.body)
        assert event["queryStringParameters"] == {"status": "403"}
        assert event["requestContext"]["eventType"] == "CONNECT"
        assert "Sec-WebSocket-Key" in event["headers"]


def test_a_subprotocol_is_the_functions_choice(chat: str) -> None:
    with connected(chat, protocols=("one", "two")) as client:
        assert client.accepted.subprotocol == "one"


def test_an_authorizer_guards_connect(endpoint: LocalEndpoint) -> None:
    url = url_of(endpoint, "Guarded")
    for who, status in (("foe", 403), ("stranger", 401), ("", 401)):
        with pytest.raises(Refused) as refused:
            Client(f"{url}?who={who}")
        assert refused.value.status == status
    with connected(f"{url}?who=friend") as client:
        authorizer = client.ask()["requestContext"]["authorizer"]
        assert (authorizer["principalId"], authorizer["n"]) == ("friend", "1")
        asked = json.loads(authorizer["asked"])
        assert asked["type"] == "REQUEST"
        assert asked["methodArn"].endswith(":guarded/in/$connect")
        assert asked["queryStringParameters"] == {"who": "friend"}


def test_functions_speak_to_clients(chat: str) -> None:
    with connected(chat) as client:
        client.say('{"action": "back"}')
        assert client.hear() == "from the function"


def test_connections_are_managed(chat: str, endpoint: LocalEndpoint, project: Path) -> None:
    api = management(chat)
    with connected(chat, {"User-Agent": "lab"}) as client:
        id_ = client.ask()["requestContext"]["connectionId"]
        api.post_to_connection(ConnectionId=id_, Data="grüß dich".encode())
        assert client.hear() == "grüß dich"
        found = api.get_connection(ConnectionId=id_)
        assert found["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "lab"}
        assert found["LastActiveAt"] >= found["ConnectedAt"]
        with pytest.raises(api.exceptions.PayloadTooLargeException):
            api.post_to_connection(ConnectionId=id_, Data=b"x" * (128 * 1024 + 1))
        api.delete_connection(ConnectionId=id_)
        assert client.end() == 1000
        with pytest.raises(api.exceptions.GoneException):
            api.post_to_connection(ConnectionId=id_, Data=b"too late")
    assert left(project, id_)["requestContext"]["disconnectStatusCode"] == 1000
    api.close()


def test_a_stage_has_its_variables_connections_and_permissions(
    chat: str, endpoint: LocalEndpoint
) -> None:
    api = management(chat)
    with connected(chat.replace("/live", "/next")) as client:
        event = client.ask()
        context = event["requestContext"]
        assert (context["stage"], event["stageVariables"]["color"]) == ("next", "red")
        with pytest.raises(api.exceptions.GoneException):  # it is of another stage
            api.post_to_connection(ConnectionId=context["connectionId"], Data=b"lost")
        assert client.ask(action="back")["message"] == "Internal server error"
        endpoint.client().add_permission(
            FunctionName="Blocked", StatementId="chat", Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn="arn:aws:execute-api:us-east-1:123456789012:chat/next/back",
        )  # fmt: skip
        client.say('{"action": "back"}')
        assert client.hear() == "from the function"
    api.close()


def test_callbacks_reach_the_endpoint_of_all_services_too(
    chat: str, endpoint: LocalEndpoint
) -> None:
    api = endpoint.client("apigatewaymanagementapi")
    with connected(chat) as client:
        id_ = client.ask()["requestContext"]["connectionId"]
        api.post_to_connection(ConnectionId=id_, Data=b"hello")
        assert client.hear() == "hello"
    with pytest.raises(api.exceptions.GoneException):
        api.get_connection(ConnectionId="unknown")


def test_management_asks_for_a_signature(chat: str) -> None:
    host, _, stage = chat.removeprefix("ws://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", f"/{stage}/@connections/x", b"hello")
    response = connection.getresponse()
    assert (response.status, response.read()) == (
        403,
        b'{"message":"Missing Authentication Token"}',
    )
    connection.close()


def test_what_is_no_handshake_is_refused(chat: str) -> None:
    host, _, stage = chat.removeprefix("ws://").partition("/")
    for path, status in ((f"/{stage}", 426), ("/elsewhere", 403), (f"/{stage}/more", 403)):
        connection = http.client.HTTPConnection(host, timeout=30)
        connection.request("GET", path)
        assert connection.getresponse().status == status
        connection.close()
    for key in ("", "c2hvcnQ=", "no base64!", "\xe9" * 16):
        connection = http.client.HTTPConnection(host, timeout=30)
        headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        connection.request("GET", f"/{stage}", headers={**headers, "Sec-WebSocket-Key": key})
        response = connection.getresponse()
        assert (response.status, response.read()) == (400, b'{"message":"Bad Request"}'), key
        connection.close()


def test_limits(chat: str, project: Path) -> None:
    with connected(chat) as client:
        id_ = client.ask()["requestContext"]["connectionId"]
        piece = "x" * 30_000
        for _ in range(4):
            client.send(TextMessage(data=piece, message_finished=False))
        client.send(TextMessage(data="", message_finished=True))
        assert json.loads(client.hear())["body"] == piece * 4
        client.say("x" * (32 * 1024 + 1))
        assert client.end() == 1009
    assert left(project, id_)["requestContext"]["disconnectStatusCode"] == 1009
    with connected(chat) as client:
        for _ in range(5):
            client.send(TextMessage(data=piece, message_finished=False))
        assert client.end() == 1009
    with connected(chat) as client:
        client.send(BytesMessage(data=b"\x00"))
        assert client.end() == 1003


def test_what_breaks_the_protocol_ends_the_connection(chat: str) -> None:
    for frame, code in (
        (b"\x81\x02hi", 1002),  # without a mask
        (b"\xff\x80\0\0\0\0", 1002),  # with bits that mean nothing
        (b"\x81\x82\0\0\0\0\xc3\x28", 1007),  # no UTF-8
    ):
        with connected(chat) as client:
            client.socket.sendall(frame)
            assert client.end() == code


def test_quiet_connections_end(chat: str, endpoint: LocalEndpoint) -> None:
    with connected(chat) as client:
        id_ = client.ask()["requestContext"]["connectionId"]
        doors = endpoint.server._endpoint.declared_fronts._doors
        (held,) = (
            connection
            for connection in doors["WEBSOCKET", "Chat"].listener.connections
            if getattr(connection, "id", None) == id_
        )
        endpoint.call(lambda: held.check_deadline(endpoint.loop.time() + 599))
        assert client.ask()["body"] == "{}"
        endpoint.call(lambda: held.check_deadline(endpoint.loop.time() + 601))
        assert client.end() == 1001


def test_a_server_with_clients_is_in_use(chat: str, endpoint: LocalEndpoint) -> None:
    with connected(chat) as client:
        client.ask()
        assert endpoint.server._endpoint.declared_fronts.in_flight >= 1


def test_pings_are_answered(chat: str) -> None:
    with connected(chat) as client:
        client.send(Ping(payload=b"there?"))
        assert next(client._events) == Pong(payload=bytearray(b"there?"))


def test_a_lost_connection_is_told_of(chat: str, project: Path) -> None:
    with connected(chat) as client:
        id_ = client.ask()["requestContext"]["connectionId"]
    context = left(project, id_)["requestContext"]
    assert context["disconnectStatusCode"] == 1006


def test_the_template_may_change_while_clients_are_connected(
    endpoint: LocalEndpoint, project: Path, chat: str
) -> None:
    template = project / "template.yaml"
    text = template.read_text()
    with connected(chat) as client:
        assert client.ask(action="ask")["requestContext"]["routeKey"] == "ask"
        template.write_text(text.replace("RouteKey: ask", "RouteKey: query"))
        deadline = time.monotonic() + 20
        while client.ask(action="query")["requestContext"]["routeKey"] != "query":
            assert time.monotonic() < deadline
        assert url_of(endpoint, "Chat") == chat
    template.write_text(text)


def test_it_is_listed(endpoint: LocalEndpoint, chat: str) -> None:
    front = next(f for f in endpoint.call(endpoint.server.fronts) if f["Name"] == "Chat")
    assert front["Kind"] == "WebSocketApi" and front["Url"] == chat
    assert {"Method": "WS", "Path": "silent", "FunctionName": "Echo", "Qualifier": None,
            "Authorizer": None} in front["Routes"]  # fmt: skip
