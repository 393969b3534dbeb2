"""What a custom resource of CloudFormation sends to its ResponseURL (lambda-facts §8.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.project.answers.verdicts import Refused, Verdict, members, one_of

MAX_BYTES = 4096
_SAME = ("StackId", "RequestId", "LogicalResourceId")


def is_request(event: Any) -> bool:
    """Whether an event is CloudFormation's for a custom resource."""
    return isinstance(event, dict) and "RequestType" in event and "ResponseURL" in event


def sent(event: Mapping[str, Any], body: bytes) -> Verdict:
    """What CloudFormation makes of the body that was PUT to the event's ResponseURL."""
    try:
        given = _checked(event, body)
    except Refused as problem:
        return Verdict(f"CloudFormation refuses what came to ResponseURL: {problem}.", False)
    if given["Status"] == "FAILED":
        reason = given["Reason"]
        return Verdict(f"The resource FAILED, and CloudFormation rolls back: {reason}", False)
    data = given.get("Data")
    told = f", Data {json.dumps(data, ensure_ascii=False)}" if data else ""
    id = given["PhysicalResourceId"]
    return Verdict(f"SUCCESS came to ResponseURL: PhysicalResourceId {id}{told}.")


def silence(seconds: float) -> Verdict:
    """Nothing came."""
    words = f"Nothing came to ResponseURL within {seconds:g} s: CloudFormation would wait an hour"
    return Verdict(f"{words}, then fail the stack.", False)


def _checked(event: Mapping[str, Any], body: bytes) -> Mapping[str, Any]:
    if len(body) > MAX_BYTES:
        raise Refused(f"it is larger than {MAX_BYTES} bytes")
    try:
        given = members(json.loads(body), "it")
    except ValueError:
        raise Refused("it is not JSON") from None
    status = one_of(given.get("Status"), ("SUCCESS", "FAILED"), "Status")
    for name in _SAME:
        if given.get(name) != event.get(name):
            raise Refused(f"{name} is not that of the event")
    if not isinstance(given.get("PhysicalResourceId"), str) or not given["PhysicalResourceId"]:
        raise Refused("PhysicalResourceId is missing")
    if status == "FAILED" and not given.get("Reason"):
        raise Refused("Reason is missing, which FAILED needs")
    members(given.get("Data", {}), "Data")
    return given
