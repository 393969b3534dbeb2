"""Requests nobody should send, made from the service models: wrong types, lengths, encodings."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from workbench.local.api.operations import LOGS
from workbench.local.api.protocols import cbor
from workbench.local.api.protocols.model import Member, Operation, Shape, service_model

LAMBDA_MODEL = service_model("lambda", "2015-03-31")
LOGS_MODEL = service_model("logs", "2014-03-28")
CLOUDWATCH_MODEL = service_model("cloudwatch", "2010-08-01")
XRAY_MODEL = service_model("xray", "2016-04-12")
# A page must not wait, and a live tail never ends.
ENDLESS = {"StartLiveTail"}
# What the function under test is called, and what must be left standing.
KNOWN = "known"
DESTROYING = {"DeleteFunction", "PutFunctionConcurrency", "UpdateFunctionCode"}


@dataclass(frozen=True)
class Sent:
    """One request, ready to be written to a connection."""

    operation: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


TEXTS = [
    "", "a", KNOWN, "$LATEST", "1", "live", "x" * 200, "é\u2028", "a b", "../..", "%00", "\0",
    "true", "9" * 30, "{}", "[", "null",
    f"arn:aws:lambda:us-east-1:123456789012:function:{KNOWN}",
    f"arn:aws:lambda:eu-west-1:999999999999:function:{KNOWN}:live",
    "arn:aws:iam::123456789012:role/anything",
    "arn:aws:sqs:us-east-1:123456789012:none",
]  # fmt: skip
WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [None, 1, -1, 1.5, True, "x", [], {}, [1], {"a": 1}, 10**40, [[[]]], float("inf")]
)


def values(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """JSON values that are nearly what `shape` wants."""
    return st.one_of(_fitting(shape, depth), _fitting(shape, depth), _fitting(shape, depth), WRONG)


def _fitting(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    match shape.type:
        case "structure" if depth < 3:
            members = {m.wire_name: values(m.shape, depth + 1) for m in shape.members.values()}
            return st.fixed_dictionaries({}, optional=members)
        case "structure":
            return st.just({})
        case "list" if shape.item is not None:
            return st.lists(values(shape.item, depth + 1), max_size=2)
        case "map" if shape.item is not None:
            item = values(shape.item, depth + 1)
            return st.dictionaries(st.sampled_from(TEXTS), item, max_size=2)
        case "string":
            listed = [*shape.enum, *TEXTS]
            return st.sampled_from(listed) | st.text(max_size=20)
        case "integer" | "long":
            return st.sampled_from([0, 1, -1, 5, 128, 1000, 2**31, 2**63, 10**30])
        case "double" | "float":
            return st.sampled_from([0, 0.5, 1, 2.0, -1, 1e308])
        case "boolean":
            return st.booleans()
        case "blob":
            rubbish = ["", "!!", base64.b64encode(b"PK\x05\x06").decode(), "AAAA" * 9]
            return st.sampled_from(rubbish)
    return st.sampled_from([0, 1, "x"])


@st.composite
def lambda_requests(draw: st.DrawFn) -> Sent:
    """A request for any operation of the model, offered or not."""
    operation = LAMBDA_MODEL.operations[draw(st.sampled_from(sorted(LAMBDA_MODEL.operations)))]
    path, query, headers, body = operation.uri, [], {}, {}
    payload: bytes | None = None
    for member in operation.input.members.values() if operation.input else ():
        if member.location == "uri":
            text = _encoded(_named(draw, operation, member))
            path = path.replace("{" + member.wire_name + "}", text)
            path = path.replace("{" + member.wire_name + "+}", text)
        elif not draw(st.integers(0, 3)):
            continue
        elif member.location == "querystring":
            query.append(f"{member.wire_name}={_encoded(draw(values(member.shape)))}")
        elif member.location == "header":
            headers[member.wire_name] = _header(draw(values(member.shape)))
        elif operation.input and operation.input.payload == member.name:
            payload = draw(st.binary(max_size=40))
        else:
            body[member.wire_name] = draw(values(member.shape))
    if query:
        path += ("&" if "?" in path else "?") + "&".join(query)
    data = _broken(draw, json.dumps(body).encode()) if payload is None else payload
    return Sent(operation.name, operation.method, path, _signed("lambda") | headers, data)


@st.composite
def logs_requests(draw: st.DrawFn) -> Sent:
    """A request for an offered operation of CloudWatch Logs."""
    operation = LOGS_MODEL.operations[draw(st.sampled_from(sorted(set(LOGS) - ENDLESS)))]
    assert operation.input is not None
    body = json.dumps(draw(values(operation.input))).encode()
    headers = _signed("logs") | {"X-Amz-Target": f"{LOGS_MODEL.target_prefix}.{operation.name}"}
    return Sent(operation.name, "POST", "/", headers, _broken(draw, body))


@st.composite
def metrics_requests(draw: st.DrawFn) -> Sent:
    """A request for one of CloudWatch's operations about Lambda's metrics."""
    name = draw(st.sampled_from(["ListMetrics", "GetMetricStatistics", "GetMetricData"]))
    operation = CLOUDWATCH_MODEL.operations[name]
    assert operation.input is not None
    body = json.dumps(draw(values(operation.input))).encode()
    headers = _signed("monitoring")
    # What names another namespace is for the services beside Lambda: a prefix keeps it here.
    here = b'{"":"AWS/Lambda",' + body[1:] if body[:2] == b'{"' else b'{"":"AWS/Lambda"}'
    if draw(st.booleans()):
        here = cbor.encode({"": "AWS/Lambda"}) + draw(st.binary(max_size=20))
        path = f"/service/GraniteServiceVersion20100801/operation/{name}"
        return Sent(name, "POST", path, headers, here)
    headers["X-Amz-Target"] = f"GraniteServiceVersion20100801.{name}"
    return Sent(name, "POST", "/", headers, here)


@st.composite
def traces_requests(draw: st.DrawFn) -> Sent:
    """A request for an operation of X-Ray."""
    operation = XRAY_MODEL.operations[draw(st.sampled_from(XRAY))]
    assert operation.input is not None
    body = json.dumps(draw(values(operation.input))).encode()
    headers = _signed("xray")
    return Sent(operation.name, "POST", operation.uri, headers, _broken(draw, body))


XRAY = (
    "PutTraceSegments", "PutTelemetryRecords", "BatchGetTraces", "GetTraceSummaries",
    "GetSamplingRules", "GetSamplingTargets", "GetServiceGraph",
)  # fmt: skip


def _named(draw: st.DrawFn, operation: Operation, member: Member) -> Any:
    value = draw(st.sampled_from([KNOWN, KNOWN]) | values(member.shape))
    spared = operation.name in DESTROYING and KNOWN in str(value)
    return "other" if spared else value


def _broken(draw: st.DrawFn, body: bytes) -> bytes:
    """Mostly `body`; sometimes cut short, not UTF-8, or deeper than any parser likes."""
    kind = draw(st.integers(0, 19))
    if kind == 0:
        return body[: draw(st.integers(0, len(body)))]
    if kind == 1:
        return draw(st.binary(max_size=30))
    if kind == 2:
        return b"[" * 100_000
    return body


def _encoded(value: Any) -> str:
    return quote(str(value).encode("utf-8", "replace"), safe="") or "%20"


def _header(value: Any) -> str:
    text = str(value).encode("latin-1", "replace").decode("latin-1")
    return "".join(letter for letter in text if letter >= " ")


def _signed(service: str) -> dict[str, str]:
    scope = f"AKID/20260101/us-east-1/{service}/aws4_request"
    return {
        "Host": "127.0.0.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }
