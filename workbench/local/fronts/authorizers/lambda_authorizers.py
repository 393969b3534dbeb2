"""Lambda authorizers: who may pass, by a function's answer, which is remembered for a while.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.local.fronts.authorizers.authorizer_policies import MalformedPolicy, decide
from workbench.local.fronts.function_caller import FunctionCaller, checked, error_message
from workbench.local.fronts.refusals import Refusal
from workbench.project.front_doors.apis import Authorizer

_MOST_REMEMBERED = 1_000
_SECONDS = 30.0

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Remembered:
    answer: Answer
    until: float
    code: str


class LambdaAuthorizers:
    """Those of one API, with what they answered. Belongs to the event loop's thread.

    An answer is forgotten when the function changes: who saves an authorizer wants to see it work.
    """

    def __init__(self, caller: FunctionCaller) -> None:
        self._caller = caller
        self._remembered: dict[tuple[str, tuple[str, ...]], _Remembered] = {}

    def remembered(
        self, name: str, authorizer: Authorizer, identity: tuple[str, ...]
    ) -> Answer | None:
        """What the authorizer `name` said of this identity lately, if it may be used again."""
        found = self._remembered.get((name, identity))
        if found is None or found.until <= time.monotonic():
            return None
        target = self._caller.target(authorizer.function, authorizer.qualifier)
        return found.answer if found.code == target.spec.identity else None

    async def ask(
        self,
        name: str,
        authorizer: Authorizer,
        identity: tuple[str, ...],
        event: dict[str, Any],
        trace: str,
        api_arn: str,
    ) -> Answer:
        """What the authorizer's function answers to `event`. Raises Refusal when it fails, or
        does not let the API be its invoker; `api_arn` is that of execute-api, without a stage."""
        try:
            target = self._caller.target(authorizer.function, authorizer.qualifier)
            if authorizer.needs_permission:
                self._caller.check_permission(
                    authorizer.function,
                    authorizer.qualifier,
                    "apigateway.amazonaws.com",
                    (f"{api_arn}/authorizers/{name}",),
                )
            result = await self._caller.result(target, event, trace, _SECONDS)
            if (
                result is not None
                and result.function_error is not None
                and error_message(result) == "Unauthorized"
            ):
                raise Refusal("unauthorized", f"The authorizer {name} said: Unauthorized.")
            payload = checked(authorizer.function, result, _SECONDS).payload
        except Refusal as refusal:
            if refusal.why == "unauthorized":
                raise
            raise Refusal("authorizer failed", f"The authorizer {name}: {refusal.reason}") from None
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise _malformed(name, "it is no object")
        if authorizer.ttl > 0 and identity:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            until = time.monotonic() + authorizer.ttl
            self._remembered[name, identity] = _Remembered(answer, until, target.spec.identity)
        return answer


def check(name: str, authorizer: Authorizer, answer: Answer, arn: str) -> None:
    """Raise Refusal unless the answer lets the method `arn` be invoked. A remembered policy is
    held against each method anew."""
    if authorizer.simple:
        if answer.get("isAuthorized") is not True:
            if not isinstance(answer.get("isAuthorized"), bool):
                raise _malformed(name, "it has no isAuthorized")
            raise Refusal("denied", f"The authorizer {name} answered isAuthorized: false.")
        return
    if not isinstance(answer.get("principalId"), str):
        raise _malformed(name, "it has no principalId")
    try:
        decision = decide(answer.get("policyDocument"), arn)
    except MalformedPolicy as problem:
        raise _malformed(name, str(problem)) from None
    if decision == "denied":
        raise Refusal("denied", f"The policy of the authorizer {name} does not allow {arn}.")
    if decision == "explicitly denied":
        raise Refusal("explicitly denied", f"The policy of the authorizer {name} denies {arn}.")


def context(name: str, answer: Answer) -> dict[str, Any]:
    """The `context` of an answer. Raises Refusal when it is none."""
    given = answer.get("context")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise _malformed(name, "its context is no object")
    return given


def scalar_context(name: str, answer: Answer) -> dict[str, str]:
    """The same for payload format 1.0, which makes texts of scalars and takes nothing else."""
    texts: dict[str, str] = {}
    for key, value in context(name, answer).items():
        if isinstance(value, dict | list):
            raise _malformed(name, f"{key} of its context is no string, number or boolean")
        if value is not None:
            texts[key] = value if isinstance(value, str) else json.dumps(value)
    return texts


def _malformed(name: str, problem: str) -> Refusal:
    return Refusal("authorizer failed", f"The answer of the authorizer {name} is none: {problem}.")
