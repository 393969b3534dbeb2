"""What a bridge's queue receives, delivered to the local function, and how that went."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.aws.bridges.client import BridgeClient, Message
from workbench.aws.bridges.events import NoEvent, event_of, in_words
from workbench.aws.errors import LambdaError
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import Target
from workbench.aws.workbench_surface import WorkbenchSurface
from workbench.project.server_process import ServerError

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_NEVER = frozenset([400, 413])  # of an invocation: the same event would be refused again


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell: an event was `delivered` (accepted by Lambda, to be run and retried), it
    `ran`, was `throttled`, or there is a `problem`. `words` are for a person."""

    kind: Literal["delivered", "ran", "throttled", "problem"]
    words: str
    request_id: str = ""
    function_error: str | None = None
    duration_ms: float | None = None


class BridgeDelivery:
    """Delivers from `start` on, in threads of its own, until `stop`. `tell` is called in them.

    Events are invoked asynchronously: the local Lambda keeps them and tries again as AWS does.
    One stays in the queue until Lambda has accepted it. `find` gets the local Lambda, at first and
    when it does not answer any more: it may be somewhere else by then.
    """

    def __init__(
        self, bridge: BridgeClient, find: Callable[[], LambdaClient], tell: Callable[[Told], None]
    ) -> None:
        self._bridge = bridge
        self._find = find
        self._client = find()
        self._tell = tell
        self._name, _, self._qualifier = bridge.bridge.function.partition(":")
        self._stop = threading.Event()
        self._stop_watching = threading.Event()
        self._delivering = threading.Lock()
        self._telling = threading.Lock()
        self._sent: set[str] = set()  # request ids of what may run (again)

    def start(self) -> None:
        """Begin."""
        self._watch_anew()
        threading.Thread(target=self._poll, name="bridge-poll", daemon=True).start()

    def stop(self) -> None:
        """Begin no more; returns when what is being delivered is."""
        self._stop.set()
        self._stop_watching.set()
        # The long poll that may be under way is not waited for: its queue is about to go.
        with self._delivering:
            pass

    # -- deliveries

    def _poll(self) -> None:
        pause, told = _FIRST_PAUSE, ""
        while not self._stop.is_set():
            try:
                messages = self._bridge.receive()
                with self._delivering:
                    for message in messages:
                        if not self._stop.is_set():
                            self._deliver(message)
                pause, told = _FIRST_PAUSE, ""
            except (LambdaError, ServerError) as error:
                if self._stop.is_set():
                    return
                if str(error) != told:  # the same again is no news
                    told = str(error)
                    self._tell(Told("problem", told))
                self._stop.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _deliver(self, message: Message) -> None:
        source = self._bridge.bridge.source
        try:
            event = event_of(source, message.body, self._bridge.subscription_arn)
        except NoEvent as error:
            self._tell(Told("problem", str(error)))
            event = None
        if event is not None:
            try:
                with self._telling:  # the function may be done before its 202 has been read
                    request_id = self._invoke(event)
                    self._sent.add(request_id)
                    self._tell(Told("delivered", in_words(event), request_id))
            except LambdaError as error:
                if error.status not in _NEVER:
                    raise
                self._tell(Told("problem", f"An event was left out: {error}"))
        self._bridge.done(message)

    def _invoke(self, event: bytes) -> str:
        """The invocation's request id."""
        try:
            return self._invoke_once(event)
        except LambdaError as error:
            if error.status is not None or self._stop.is_set():
                raise
            self._client = self._find()
            self._watch_anew()
            return self._invoke_once(event)

    def _invoke_once(self, event: bytes) -> str:
        invocation = self._client.invoke(
            self._name,
            event,
            qualifier=self._qualifier or None,
            invocation_type="Event",
            log_tail=False,
        )
        return invocation.request_id

    # -- what becomes of them

    def _watch_anew(self) -> None:
        """Hear of invocations where the local Lambda is now."""
        self._stop_watching.set()
        stop = self._stop_watching = threading.Event()
        watching = (self._client.target, stop)
        threading.Thread(
            target=self._watch, args=watching, name="bridge-watch", daemon=True
        ).start()

    def _watch(self, target: Target, stop: threading.Event) -> None:
        bridge = self._bridge.bridge
        assert target.endpoint_url is not None
        function = f"arn:aws:lambda:{target.region}:{target.account}:function:{bridge.function}"
        described = {
            "Id": f"Bridge {bridge.id}",
            "Name": bridge.title,
            "FunctionArn": function,
            "EventSourceArn": bridge.source_arn,
            "Detail": f"{bridge.place}, by the queue {bridge.name}",
        }
        surface = WorkbenchSurface(target.endpoint_url)
        for happened in surface.events(stop, described):
            data = happened.data
            if happened.kind != "invocation" or data.get("Phase") == "started":
                continue
            with self._telling:
                if data["RequestId"] in self._sent:
                    told = _of_invocation(data)
                    self._tell(told)
                    if told.kind == "ran" and told.function_error is None:
                        self._sent.discard(told.request_id)


def _of_invocation(data: Mapping[str, Any]) -> Told:
    request_id = str(data["RequestId"])
    if data["Phase"] == "throttled":
        return Told("throttled", "throttled: it waits for room", request_id)
    error, duration = data.get("FunctionError"), float(data["DurationMs"])
    words = f"ran in {duration:,.0f} ms"
    if error is not None:
        words = f"failed after {duration:,.0f} ms ({error})"
    return Told("ran", words, request_id, error, duration)
