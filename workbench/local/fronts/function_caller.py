"""Invocations that front doors make: ordinary ones, whose failures are refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

from workbench.local.api.context import Context
from workbench.local.api.functions.specs import Specs, Target
from workbench.local.api.invoking.invoke import check_size, started
from workbench.local.api.protocols.serialise import encode
from workbench.local.delivery.push.permission import allows
from workbench.local.errors import ApiError
from workbench.local.fronts.refusals import Refusal, Why
from workbench.local.request_ids import new_request_id
from workbench.local.runtime.records import InvokeRequest, InvokeResult
from workbench.local.store.records import LATEST

# A function may take this long before its own timeout begins: it initialises.
_INIT_SECONDS = 10.0

Done = Callable[[InvokeResult | None], None]


class FunctionCaller:
    """Invokes functions for front doors. `in_flight` counts what is running for them."""

    def __init__(self, context: Context, specs: Specs) -> None:
        self._context = context
        self._specs = specs
        self.in_flight = 0

    def target(self, function: str, qualifier: str | None) -> Target:
        """The function. Raises Refusal when there is none that can be invoked."""
        try:
            return self._specs.find(function, qualifier)
        except ApiError as error:
            raise Refusal("unavailable", f"{function}: {error.message}") from None

    def check_permission(
        self, function: str, qualifier: str | None, principal: str, sources: Iterable[str]
    ) -> None:
        """Raise Refusal unless the function's policy lets the service `principal` invoke it for
        one of the ARNs `sources`, which all name what is asking."""
        account = self._context.config.account
        qualifier = qualifier if qualifier not in (None, "$LATEST") else LATEST
        statements = self._context.store.attachments.get("policy", function, qualifier) or ()
        policy = {"Statement": statements}
        sources = tuple(sources)
        if not any(allows(policy, principal, source, account) for source in sources):
            raise Refusal(
                "unavailable",
                f"Invalid permissions on Lambda function {function}: {principal} may not invoke it "
                f"for {sources[0]} (AWS::Lambda::Permission, add-permission).",
            )

    def trace(self, target: Target, incoming: str | None) -> str:
        """The trace header of a request."""
        return self._context.sampler.header(target.spec, incoming)

    def invoke(
        self, target: Target, event: dict[str, Any], trace: str, seconds: float, done: Done
    ) -> None:
        """Begin an invocation. `done` gets its result, once, or None after `seconds`; the function
        then goes on for nobody. Raises Refusal when it cannot begin."""
        payload = encode(event)
        spec = target.choose()
        request = InvokeRequest(new_request_id(), payload, target.invoked_arn, trace)
        try:
            check_size(payload)
            execution = started(lambda: self._context.runtime.invoke(spec, request))
        except ApiError as error:
            why: Why = "too large" if error.status == 413 else "unavailable"
            raise Refusal(why, f"{spec.name}: {error.message}") from None
        self.in_flight += 1
        timer: asyncio.TimerHandle | None = None

        def answered(result: InvokeResult) -> None:
            self.in_flight -= 1
            if timer is None:
                done(result)
            elif not timer.cancelled() and timer.when() > loop.time():
                timer.cancel()
                done(result)

        # Most functions time out by themselves long before: they need no second timer.
        if spec.timeout + _INIT_SECONDS > seconds:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(seconds, done, None)
        execution.on_result(answered)

    async def result(
        self, target: Target, event: dict[str, Any], trace: str, seconds: float
    ) -> InvokeResult | None:
        """The result of an invocation, see `invoke`."""
        future: asyncio.Future[InvokeResult | None] = asyncio.get_running_loop().create_future()

        def done(result: InvokeResult | None) -> None:
            if not future.done():
                future.set_result(result)

        self.invoke(target, event, trace, seconds, done)
        return await future


def checked(function: str, result: InvokeResult | None, seconds: float) -> InvokeResult:
    """The result of an invocation that succeeded. Raises Refusal for any other."""
    if result is None:
        raise Refusal("timed out", f"{function} did not answer within {seconds:g} s.")
    if result.refusal is not None:
        raise Refusal("unavailable", f"{function}: {result.refusal[1]}")
    if result.function_error is not None:
        raise Refusal("function failed", f"{function} failed: {error_message(result)}")
    return result


def error_message(result: InvokeResult) -> str:
    """The errorMessage of a failed invocation, cut to a line."""
    try:
        document = json.loads(result.payload)
    except ValueError:
        document = None
    message = document.get("errorMessage") if isinstance(document, dict) else None
    return str(message or "without a message").partition("\n")[0][:300]
