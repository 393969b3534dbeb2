"""The Extensions API of one environment (lambda-facts §1.5): who is registered, in which state.

States are AWS's: Started, Registered, Ready (it waits in event/next), Running, InitError,
ExitError, LaunchError. No I/O of its own: requests come in and events go out on connections of the
Runtime API's listener.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from workbench.local.runtime.records import FunctionSpec, InvokeRequest

MAX_EXTENSIONS = 10
_PREFIX = "/2020-01-01/extension/"
_IDENTIFIER = "lambda-extension-identifier"
_ERROR_TYPE = "lambda-extension-function-error-type"
_NOT_ALLOWED = "State transition is not allowed"


class Caller(Protocol):
    """A request that has come in completely, and the way to answer it."""

    method: str
    path: str
    headers: dict[str, str]

    def body(self) -> bytes:
        """The request's body."""

    def reply(
        self, status: int, body: bytes, content_type: str = ..., more_headers: str = ...
    ) -> None:
        """Answer; `more_headers` are whole lines. It goes out when all that has come was read."""

    def refuse(self, status: int, error_type: str, message: str) -> None:
        """Answer with an error in the form of the Runtime API (§1.1)."""

    def accept(self) -> None:
        """Answer with 202 and `{"status":"OK"}`."""

    def send(self, data: bytes) -> None:
        """Write a whole response now, after what was held back."""


@dataclass(slots=True, eq=False)
class Extension:
    """One extension. External ones are processes of their own, internal ones part of the runtime's.

    `due` is an event that came while it was not waiting for one.
    """

    name: str
    external: bool
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    events: tuple[str, ...] = ()
    state: str = "Started"
    error_type: str | None = None
    caller: Caller | None = None
    due: bytes | None = None


class ExtensionsApi:
    """The extensions of one environment and which call is legal when.

    `changed` is called whenever an extension registered or asked for the next event; `failed`
    gets the error type when one reports that it cannot go on.
    """

    def __init__(
        self, spec: FunctionSpec, changed: Callable[[], None], failed: Callable[[str], None]
    ) -> None:
        self.registering = True
        self._spec = spec
        self._changed = changed
        self._failed = failed
        self._extensions: dict[str, Extension] = {}

    def __bool__(self) -> bool:
        return bool(self._extensions)

    def __iter__(self) -> Iterator[Extension]:
        return iter(self._extensions.values())

    # What the domain asks.

    def expect(self, name: str) -> Extension:
        """An external extension of this name is about to be started."""
        extension = Extension(name, external=True)
        self._extensions[extension.identifier] = extension
        return extension

    @property
    def registered(self) -> bool:
        """Whether every external extension has registered."""
        return all(each.state != "Started" for each in self)

    @property
    def ready(self) -> bool:
        """Whether every extension waits for an event."""
        return all(each.state == "Ready" for each in self)

    @property
    def busy(self) -> bool:
        """Whether an extension is still at the current invocation."""
        return any("INVOKE" in each.events and each.state == "Running" for each in self)

    def invoke(self, request: InvokeRequest, deadline_ms: int) -> None:
        """Tell those who want to know that an invocation begins."""
        event: dict[str, object] = {
            "eventType": "INVOKE",
            "deadlineMs": deadline_ms,
            "requestId": request.request_id,
            "invokedFunctionArn": request.invoked_arn,
        }
        if request.trace_header:
            event["tracing"] = {"type": "X-Amzn-Trace-Id", "value": request.trace_header}
        body = json.dumps(event).encode()
        for extension in self:
            if "INVOKE" in extension.events:
                self._release(extension, body)

    def shut_down(self, reason: str, deadline_ms: int) -> None:
        """Tell those who want to know that the environment ends: spindown, timeout or failure."""
        event = {"eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline_ms}
        body = json.dumps(event).encode()
        for extension in self:
            if "SHUTDOWN" in extension.events:
                self._release(extension, body)

    def identify(self, caller: Caller, unknown: str = "Unknown extension %s") -> Extension | None:
        """The extension that makes this request; None when it was refused."""
        identifier = caller.headers.get(_IDENTIFIER, "")
        if not identifier:
            message = "Missing Lambda-Extension-Identifier header"
            caller.refuse(403, "Extension.MissingExtensionIdentifier", message)
            return None
        try:
            identifier = str(uuid.UUID(identifier))
        except ValueError:
            message = "Invalid Lambda-Extension-Identifier"
            caller.refuse(403, "Extension.InvalidExtensionIdentifier", message)
            return None
        extension = self._extensions.get(identifier)
        if extension is None:
            message = unknown.replace("%s", identifier)
            caller.refuse(403, "Extension.UnknownExtensionIdentifier", message)
        return extension

    # What extensions say.

    def handle(self, caller: Caller) -> bool:
        """Deal with a request; False when it is none of this API."""
        if not caller.path.startswith(_PREFIX):
            return False
        match caller.method, caller.path[len(_PREFIX) :].rstrip("/"):
            case "POST", "register":
                self._register(caller)
            case "GET", "event/next":
                self._next(caller)
            case "POST", "init/error":
                self._error(caller, "InitError", "InitError", ("Registered",))
            case "POST", "exit/error":
                self._error(caller, "ExitError", "Exited", ("Registered", "Ready", "Running"))
            case _:
                return False
        return True

    def disconnected(self, caller: Caller) -> None:
        """A connection is gone; who waited on it may ask again."""
        for extension in self:
            if extension.caller is caller:
                extension.caller = None
                extension.state = "Running"

    def _register(self, caller: Caller) -> None:
        name = caller.headers.get("lambda-extension-name", "")
        if not name:
            caller.refuse(403, "Extension.InvalidExtensionName", "Empty extension name")
            return
        try:
            asked = json.loads(caller.body())
            events = tuple(dict.fromkeys(map(str, asked.get("events") or ())))
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            caller.refuse(403, "InvalidRequestFormat", str(error))
            return
        extension = next((each for each in self if each.name == name), None)
        external = extension is not None and extension.external
        for event in events:
            problem = _event_problem(event, external)
            if problem:
                caller.refuse(403, "Extension.InvalidEventType", f"{event}: {problem}")
                return
        if extension is not None and extension.external and extension.state != "Started":
            message = _transition(extension.state, "Registered", name)
            caller.refuse(403, "Extension.InvalidExtensionState", message)
            return
        if extension is None or not extension.external:
            if not self.registering:
                message = "Extension registration closed already"
                caller.refuse(403, "Extension.RegistrationClosed", message)
                return
            if extension is not None:
                message = "Extension with this name already registered"
                caller.refuse(403, "Extension.InvalidExtensionState", message)
                return
            if len(self._extensions) >= MAX_EXTENSIONS:
                message = f"Extension limit ({MAX_EXTENSIONS}) reached"
                caller.refuse(403, "Extension.TooManyExtensions", message)
                return
            extension = Extension(name, external=False)
            self._extensions[extension.identifier] = extension
        extension.events = events
        extension.state = "Registered"
        self._answer_registration(caller, extension)
        self._changed()

    def _answer_registration(self, caller: Caller, extension: Extension) -> None:
        spec = self._spec
        shown = {
            "functionName": spec.name,
            "functionVersion": spec.version,
            "handler": spec.handler,
        }
        features = caller.headers.get("lambda-extension-accept-feature", "")
        if "accountId" in [feature.strip() for feature in features.split(",")]:
            shown["accountId"] = spec.account
        head = f"Lambda-Extension-Identifier: {extension.identifier}\r\n"
        caller.reply(200, json.dumps(shown).encode(), more_headers=head)

    def _next(self, caller: Caller) -> None:
        extension = self.identify(caller)
        if extension is None:
            return
        if extension.state not in ("Registered", "Running"):
            message = _transition(extension.state, "Ready", extension.identifier)
            caller.refuse(403, "Extension.InvalidExtensionState", message)
            return
        extension.state = "Ready"
        extension.caller = caller
        if extension.due is not None:
            event, extension.due = extension.due, None
            self._release(extension, event)
        else:
            self._changed()

    def _error(self, caller: Caller, state: str, target: str, allowed: tuple[str, ...]) -> None:
        extension = self.identify(caller, "Unknown Lambda-Extension-Identifier")
        if extension is None:
            return
        error_type = caller.headers.get(_ERROR_TYPE, "")
        if not error_type:
            message = "Lambda-Extension-Function-Error-Type not found"
            caller.refuse(403, "Extension.MissingHeader", message)
        elif extension.state == state:
            caller.accept()  # the first error counts
        elif extension.state not in allowed:
            message = _transition(extension.state, target, extension.identifier)
            caller.refuse(403, "Extension.InvalidExtensionState", message)
        else:
            extension.state, extension.error_type = state, error_type
            caller.accept()
            self._failed(f"Extension.{state}")

    def _release(self, extension: Extension, event: bytes) -> None:
        if extension.state == "Ready" and extension.caller is not None:
            caller, extension.caller = extension.caller, None
            extension.state = "Running"
            caller.send(_event_reply(event))
        elif extension.state == "Running":
            extension.due = event


def _event_problem(event: str, external: bool) -> str:
    if event == "SHUTDOWN" and not external:
        return "ShutdownEventNotSupportedForInternalExtension"
    return "" if event in ("INVOKE", "SHUTDOWN") else "ErrorInvalidEventType"


def _transition(state: str, target: str, who: str) -> str:
    return (
        f"State transition from {state} to {target} failed for extension {who}. "
        f"Error: {_NOT_ALLOWED}"
    )


def _event_reply(event: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Lambda-Extension-Event-Identifier: {uuid.uuid4()}\r\n"
        f"Content-Length: {len(event)}\r\n\r\n"
    )
    return head.encode() + event
