"""The Extensions API's rules: which call is legal when, and what the others get (§1.5)."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from extensions_lab import Call
from runtime_lab import request

from workbench.local.runtime.domain.extensions_api import ExtensionsApi
from workbench.local.runtime.records import FunctionSpec

SPEC = FunctionSpec("fn", "arn", "3", "i", "python3.13", "a.b", Path("/nowhere"), account="1" * 12)


class Room:
    def __init__(self) -> None:
        self.changes = 0
        self.failures: list[str] = []
        self.api = ExtensionsApi(SPEC, self._changed, self.failures.append)

    def _changed(self) -> None:
        self.changes += 1

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Call:
        call = Call(method, path, body, **headers)
        assert self.api.handle(call)
        return call

    def register(self, name: str, *events: str, **headers: str) -> Call:
        return self.call(
            "POST", "register", json.dumps({"events": events}).encode(), name=name, **headers
        )

    def registered(self, name: str, *events: str) -> str:
        """Register and return the identifier."""
        call = self.register(name, *events)
        assert call.status == 200
        return call.head.removeprefix("Lambda-Extension-Identifier: ").strip()

    def next(self, identifier: str) -> Call:
        return self.call("GET", "event/next", identifier=identifier)


@pytest.fixture
def room() -> Room:
    return Room()


def refused(call: Call) -> str:
    assert call.status == 403
    return call.answer.decode()


def test_registering(room: Room) -> None:
    room.api.expect("outside")
    call = room.register("outside", "INVOKE", "SHUTDOWN", accept_feature="other, accountId")
    assert json.loads(call.answer) == {
        "functionName": "fn",
        "functionVersion": "3",
        "handler": "a.b",
        "accountId": "1" * 12,
    }
    assert "accountId" not in json.loads(room.register("inside").answer)
    assert room.changes == 2


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("", b"{}", "Extension.InvalidExtensionName: Empty extension name"),
        (
            "inside",
            b'{"events":["SHUTDOWN"]}',
            "Extension.InvalidEventType: SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
        ),
        (
            "outside",
            b'{"events":["INVOKE","LUNCH"]}',
            "Extension.InvalidEventType: LUNCH: ErrorInvalidEventType",
        ),
        (
            "inside",
            b'{"events":["LUNCH"]}',
            "Extension.InvalidEventType: LUNCH: ErrorInvalidEventType",
        ),
        ("outside", b"", "InvalidRequestFormat: "),
        ("outside", b"[1]", "InvalidRequestFormat: "),
        ("outside", b'{"events": 3}', "InvalidRequestFormat: "),
        ("outside", b'{"events": [', "InvalidRequestFormat: "),
    ],
)
def test_what_cannot_be_registered(room: Room, name: str, body: bytes, message: str) -> None:
    room.api.expect("outside")
    assert refused(room.call("POST", "register", body, name=name)).startswith(message)


def test_registering_twice_too_many_or_too_late(room: Room) -> None:
    room.api.expect("outside")
    room.registered("outside")
    assert refused(room.register("outside")) == (
        "Extension.InvalidExtensionState: State transition from Registered to Registered failed "
        "for extension outside. Error: State transition is not allowed"
    )
    for number in range(9):
        room.registered(f"inside-{number}")
    message = "Extension.InvalidExtensionState: Extension with this name already registered"
    assert refused(room.register("inside-3")) == message
    message = "Extension.TooManyExtensions: Extension limit (10) reached"
    assert refused(room.register("one-more")) == message
    room.api.registering = False
    message = "Extension.RegistrationClosed: Extension registration closed already"
    assert refused(room.register("too-late")) == message


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "event/next"), ("POST", "init/error"), ("POST", "exit/error")]
)
def test_who_is_asking(room: Room, method: str, path: str) -> None:
    assert refused(room.call(method, path)) == (
        "Extension.MissingExtensionIdentifier: Missing Lambda-Extension-Identifier header"
    )
    assert refused(room.call(method, path, identifier="me")) == (
        "Extension.InvalidExtensionIdentifier: Invalid Lambda-Extension-Identifier"
    )
    unknown = refused(room.call(method, path, identifier=str(uuid.uuid4())))
    assert unknown.startswith("Extension.UnknownExtensionIdentifier: Unknown ")


def test_events_go_to_those_who_want_them(room: Room) -> None:
    room.api.expect("both")
    room.api.expect("end")
    both = room.registered("both", "INVOKE", "SHUTDOWN")
    end = room.registered("end", "SHUTDOWN")
    inside = room.registered("inside", "INVOKE")
    nothing = room.registered("nothing")
    calls = [room.next(each) for each in (both, end, inside, nothing)]
    assert room.api.ready and not room.api.busy
    room.api.invoke(request(request_id="one"), 123)
    assert [call.status for call in calls] == [200, 0, 200, 0]
    event = json.loads(calls[0].answer)
    assert list(event) == [
        "eventType", "deadlineMs", "requestId", "invokedFunctionArn", "tracing",
    ]  # fmt: skip
    assert (event["deadlineMs"], event["requestId"]) == (123, "one")
    assert "Lambda-Extension-Event-Identifier: " in calls[0].head
    assert room.api.busy
    again = room.next(both)
    assert room.api.busy, "the internal one is still at it"
    room.next(inside)
    assert not room.api.busy
    room.api.shut_down("spindown", 456)
    assert json.loads(again.answer) == json.loads(calls[1].answer) == {
        "eventType": "SHUTDOWN", "shutdownReason": "spindown", "deadlineMs": 456,
    }  # fmt: skip
    assert calls[3].status == 0


def test_an_event_waits_for_who_is_at_work(room: Room) -> None:
    identifier = room.registered("inside", "INVOKE")
    first = room.next(identifier)
    room.api.invoke(request(request_id="one"), 1)
    room.api.invoke(request(request_id="two"), 2)
    assert json.loads(first.answer)["requestId"] == "one"
    assert json.loads(room.next(identifier).answer)["requestId"] == "two"
    assert room.api.busy


def test_asking_twice_and_after_a_lost_connection(room: Room) -> None:
    identifier = room.registered("inside", "INVOKE")
    first = room.next(identifier)
    assert "from Ready to Ready failed for extension " in refused(room.next(identifier))
    room.api.disconnected(first)
    second = room.next(identifier)
    room.api.invoke(request(), 1)
    assert (first.status, second.status) == (0, 200)


def test_reporting_errors(room: Room) -> None:
    identifier = room.registered("inside", "INVOKE")
    assert refused(room.call("POST", "init/error", identifier=identifier)) == (
        "Extension.MissingHeader: Lambda-Extension-Function-Error-Type not found"
    )
    said = {"identifier": identifier, "function_error_type": "Extension.Mine"}
    assert room.call("POST", "init/error", **said).status == 202
    assert room.call("POST", "init/error", **said).status == 202, "the first one counts"
    assert "from InitError to Exited failed" in refused(room.call("POST", "exit/error", **said))
    assert "from InitError to Ready failed" in refused(room.next(identifier))
    other = room.registered("other")
    room.next(other)
    said["identifier"] = other
    assert "from Ready to InitError failed" in refused(room.call("POST", "init/error", **said))
    assert room.call("POST", "exit/error", **said).status == 202
    assert room.failures == ["Extension.InitError", "Extension.ExitError"]


def test_what_is_none_of_it(room: Room) -> None:
    assert not room.api.handle(Call("GET", "register"))
    assert not room.api.handle(Call("POST", "lunch"))
