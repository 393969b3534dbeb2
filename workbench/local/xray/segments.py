"""The segments that Lambda itself sends of a traced invocation (lambda-facts §13).

Two of them, both named like the function: the service's, from the acceptance of the request on,
and the function's below it, with the subsegments Init (or Restore), Invocation and Overhead. What
the function's own SDK sends hangs below Invocation, whose id is the Parent of the function's
header. An asynchronous event's attempts are subsegments of one segment of the service.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from workbench.local.request_ids import new_segment_id
from workbench.local.runtime.records import Completion, FunctionSpec, InvokeRequest, TraceIds
from workbench.local.xray import header

Document = dict[str, Any]


def begin(request: InvokeRequest) -> None:
    """Give a sampled request the ids of its segments; the function's header names the last.

    Every attempt of one asynchronous event belongs to the same segment of the service.
    """
    incoming = header.parse(request.trace_header)
    if incoming is None or not incoming.sampled:
        return
    now = time.time()
    request.trace = TraceIds(
        root=incoming.root,
        parent=incoming.parent,
        service=hashlib.sha256(request.request_id.encode()).hexdigest()[:16],
        function=new_segment_id(),
        invocation=new_segment_id(),
        accepted=request.accepted or now,
        began=now,
        attempt=request.attempt,
    )
    request.trace_header = str(replace(incoming, parent=request.trace.invocation))


class Traced(NamedTuple):
    """What the segments of one invocation are made of: plain values, quick to pickle.

    `started` and `ended` are epoch seconds, the time of the invocation without initialisation.
    `overhead_ms` is what of it came after the answer. `status` is that of the REPORT line.
    """

    ids: TraceIds
    function: str
    arn: str
    invoked_arn: str
    account: str
    log_group: str
    request_id: str
    started: float
    ended: float
    init_ms: float | None
    restore_ms: float | None
    overhead_ms: float
    status: str
    error: bytes | None


def traced(completion: Completion) -> Traced | None:
    """What to pass on of an invocation, None when it was not traced."""
    ids = completion.request.trace
    if ids is None:
        return None
    spec, report, result = completion.spec, completion.report, completion.result
    return Traced(
        ids,
        spec.name,
        spec.arn,
        completion.request.invoked_arn,
        spec.account,
        spec.log_group or f"/aws/lambda/{spec.name}",
        completion.request.request_id,
        completion.started,
        completion.started + report.duration_ms / 1000,
        report.init_ms,
        report.restore_ms,
        completion.overhead_ms,
        report.status,
        result.payload if result.function_error else None,
    )


def documents(invocation: Traced) -> list[Document]:
    """The two segments of an invocation, and of an event's the parts that its time in the queue
    and this attempt are of the service's."""
    ids = invocation.ids
    own = _function(invocation)
    status = 202 if ids.attempt else 200
    service = _service(
        ids, invocation.request_id, invocation.function, invocation.invoked_arn, status
    )
    first = min(part["start_time"] for part in own["subsegments"])
    service["start_time"] = min(ids.accepted, first)
    service["end_time"] = invocation.ended
    if invocation.error is not None and invocation.status != "success":
        service["fault"] = True  # a timeout or a crash, not an exception
    if not ids.attempt:
        return [service, own]
    attempt = _part_of_service(ids, f"Attempt #{ids.attempt}", ids.began, invocation.ended)
    own["parent_id"] = attempt["id"]
    if invocation.error is not None:
        attempt["fault"] = True
    parts = [attempt]
    if ids.attempt == 1:
        parts.insert(0, _part_of_service(ids, "Dwell Time", ids.accepted, ids.began))
    return [service, *parts, own]


def _function(invocation: Traced) -> Document:
    """The function's segment: the service's is its parent."""
    ids, aws = invocation.ids, {"function_arn": invocation.arn}
    answered = max(invocation.started, invocation.ended - invocation.overhead_ms / 1000)
    handled = _subsegment(ids.invocation, "Invocation", invocation.started, answered, aws)
    subsegments = [
        handled,
        _subsegment(new_segment_id(), "Overhead", answered, invocation.ended, aws),
    ]
    first = invocation.started
    for name, milliseconds in (("Init", invocation.init_ms), ("Restore", invocation.restore_ms)):
        if milliseconds is not None:
            first -= milliseconds / 1000
            part = _subsegment(new_segment_id(), name, first, invocation.started, aws)
            subsegments.insert(0, part)
    segment: Document = {
        "id": ids.function,
        "name": invocation.function,
        "start_time": invocation.started,
        "end_time": invocation.ended,
        "trace_id": ids.root,
        "parent_id": ids.service,
        "origin": "AWS::Lambda::Function",
        "aws": {
            "account_id": invocation.account,
            "function_arn": invocation.arn,
            "resource_names": [invocation.function],
            "cloudwatch_logs": [{"log_group": invocation.log_group}],
        },
        "subsegments": subsegments,
    }
    if invocation.error is not None:
        segment["fault"] = handled["fault"] = True
        segment["cause"] = _cause(invocation.error)
    return segment


def _part_of_service(ids: TraceIds, name: str, start: float, end: float) -> Document:
    """A subsegment that is sent by itself: what came before of the event is there already."""
    part = _subsegment(new_segment_id(), name, start, end, {})
    return {**part, "trace_id": ids.root, "parent_id": ids.service, "type": "subsegment"}


def throttled(spec: FunctionSpec, request: InvokeRequest) -> Document | None:
    """The one segment of a request that was refused, None when it was not traced."""
    if request.trace is None:
        return None
    now = time.time()
    segment = _service(request.trace, request.request_id, spec.name, request.invoked_arn, 429)
    return {
        **segment,
        "start_time": request.trace.accepted,
        "end_time": now,
        "error": True,
        "throttle": True,
    }


def _service(ids: TraceIds, request_id: str, name: str, invoked_arn: str, status: int) -> Document:
    document = {
        "id": ids.service,
        "name": name,
        "trace_id": ids.root,
        "http": {"response": {"status": status}},
        "aws": {"request_id": request_id},
        "origin": "AWS::Lambda",
        "resource_arn": invoked_arn,
    }
    if ids.parent is not None:
        document["parent_id"] = ids.parent
    return document


def _subsegment(id: str, name: str, start: float, end: float, aws: Document) -> Document:
    return {"id": id, "name": name, "start_time": start, "end_time": end, "aws": aws}


def _cause(payload: bytes) -> Document:
    """What the function said it failed of, as X-Ray words causes."""
    try:
        error = json.loads(payload)
    except (ValueError, RecursionError):
        error = None
    if not isinstance(error, dict):
        error = {}
    frames = error.get("stackTrace") or error.get("trace") or []
    lines = [line for line in frames if isinstance(line, str)] if isinstance(frames, list) else []
    exception: Document = {
        "id": new_segment_id(),
        "type": str(error.get("errorType") or "Unhandled"),
        "message": str(error.get("errorMessage") or ""),
    }
    if stack := list(_stack(lines)):
        exception["stack"] = stack
    return {"working_directory": "/var/task", "exceptions": [exception]}


_PYTHON = re.compile(r'\s*File "(?P<path>[^"]*)", line (?P<line>\d+)(?:, in (?P<label>\S+))?')
_NODE = re.compile(r"\s*at (?:(?P<label>.*?) \()?(?P<path>[^()]*?):(?P<line>\d+):\d+\)?")


def _stack(lines: Iterable[str]) -> Iterable[Document]:
    for line in lines:
        found = _PYTHON.match(line) or _NODE.match(line)
        if found is not None:
            label = found["label"] or ""
            yield {"path": found["path"], "line": int(found["line"]), "label": label}
