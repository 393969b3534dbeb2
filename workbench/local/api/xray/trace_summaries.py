"""Traces in short, as GetTraceSummaries has them, and the filters that choose among them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from workbench.local.errors import ApiError
from workbench.local.xray.documents import Document, walk

Summary = dict[str, Any]
Matches = Callable[[Summary], bool]


def summary(trace_id: str, segments: list[Document]) -> Summary:
    """One trace in short. `segments` are assembled and not empty; times in seconds."""
    every = [each for segment in segments for each in walk(segment)]
    start = min(each["start_time"] for each in every)
    ends = [each["end_time"] for each in every if each.get("end_time") is not None]
    root = _root(segments)
    services = {(segment["name"], str(segment.get("origin"))): segment for segment in segments}
    found: Summary = {
        "Id": trace_id,
        "StartTime": start,
        "Duration": round(max(ends) - start, 3) if ends else 0.0,
        "HasFault": any(each.get("fault") for each in every),
        "HasError": any(each.get("error") for each in every),
        "HasThrottle": any(each.get("throttle") for each in every),
        "IsPartial": any(each.get("in_progress") for each in segments),
        "Http": _http(root),
        "Annotations": _annotations(every),
        "Users": [],
        "ServiceIds": [_service(segment) for segment in services.values()],
        "ResourceARNs": [
            {"ARN": arn}
            for arn in dict.fromkeys(str(segment.get("resource_arn", "")) for segment in segments)
            if arn
        ],
        "EntryPoint": _service(root),
    }
    if root.get("end_time") is not None:
        found["ResponseTime"] = round(root["end_time"] - root["start_time"], 3)
    return found


def _root(segments: list[Document]) -> Document:
    """The segment that no other one of the trace is the parent of."""
    ids = {each["id"] for segment in segments for each in walk(segment)}
    return next((s for s in segments if s.get("parent_id") not in ids), segments[0])


def _service(segment: Document) -> Summary:
    name = segment["name"]
    account = (segment.get("aws") or {}).get("account_id")
    service = {"Name": name, "Names": [name], "AccountId": _text(account)}
    return {**service, "Type": _text(segment.get("origin") or segment.get("type"))}


def _http(segment: Document) -> Summary:
    http = segment.get("http") or {}
    request, response = (_mapping(http.get(side)) for side in ("request", "response"))
    status = response.get("status")
    return {
        "HttpURL": _text(request.get("url")),
        "HttpStatus": status if isinstance(status, int) else None,
        "HttpMethod": _text(request.get("method")),
        "UserAgent": _text(request.get("user_agent")),
        "ClientIp": _text(request.get("client_ip")),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _mapping(value: object) -> Summary:
    return value if isinstance(value, dict) else {}


def _annotations(every: list[Document]) -> Summary:
    found: Summary = {}
    for each in every:
        for name, value in (each.get("annotations") or {}).items():
            kind = _ANNOTATED.get(type(value))
            if kind is not None:  # X-Ray indexes nothing else
                found.setdefault(name, []).append(
                    {"AnnotationValue": {kind: value}, "ServiceIds": []}
                )
    return found


_ANNOTATED: dict[type, str] = {
    bool: "BooleanValue",
    str: "StringValue",
    int: "NumberValue",
    float: "NumberValue",
}


_TERM = re.compile(
    r"""\s*(?P<not>!)?(?:
        (?P<flag>ok|error|fault|throttle|partial)(?:\s*(?P<is>!?=)\s*(?P<truth>true|false))?
      | (?P<time>duration|responsetime|http\.status)\s*(?P<compare><=|>=|!=|=|<|>)\s*
        (?P<number>\d+(?:\.\d+)?)
      | service\(\s*(?:id\(\s*name:\s*)?"(?P<service>[^"]*)"[^)]*\)\)?
      | annotation[.\[]"?(?P<annotation>[\w.-]+)"?\]?\s*(?P<equals>!?=)\s*
        (?:"(?P<string>[^"]*)"|(?P<plain>true|false|-?\d+(?:\.\d+)?))
    )\s*""",
    re.VERBOSE,
)
_JOIN = re.compile(r"AND|OR|&&|\|\|", re.IGNORECASE)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


def matching(expression: str) -> Matches:
    """The predicate of a FilterExpression. Raises ApiError for what is not understood.

    Understood: `ok`, `error`, `fault`, `throttle`, `partial`, `duration`, `responsetime` and
    `http.status` compared, `service("name")`, `annotation.key = value`; joined by AND and OR.
    """
    alternatives: list[list[Matches]] = [[]]
    at = 0
    while expression.strip():
        term = _TERM.match(expression, at)
        if term is None:
            raise ApiError("InvalidRequestException", f"Invalid filter: {expression[at:].strip()}")
        alternatives[-1].append(_negated(_term(term)) if term["not"] else _term(term))
        at = term.end()
        if at == len(expression):
            break
        join = _JOIN.match(expression, at)
        if join is None:
            raise ApiError("InvalidRequestException", f"Invalid filter: {expression[at:].strip()}")
        if join[0].upper() in ("OR", "||"):
            alternatives.append([])
        at = join.end()
    return lambda trace: any(all(term(trace) for term in terms) for terms in alternatives)


def _negated(term: Matches) -> Matches:
    return lambda trace: not term(trace)


def _term(term: re.Match[str]) -> Matches:
    if term["flag"]:
        wanted = (term["is"] != "!=") == (term["truth"] != "false")
        flag = term["flag"]
        return lambda trace: _flag(trace, flag) == wanted
    if term["time"]:
        kind, compare, number = term["time"], _COMPARE[term["compare"]], float(term["number"])
        return lambda trace: compare(_figure(trace, kind), number)
    if term["annotation"]:
        name, same = term["annotation"], term["equals"] == "="
        text = term["string"] if term["string"] is not None else term["plain"]
        return lambda trace: (text in _annotated(trace, name)) == same
    service = term["service"]
    return lambda trace: any(each["Name"] == service for each in trace["ServiceIds"])


def _flag(trace: Summary, flag: str) -> bool:
    failed = {name: trace[f"Has{name.capitalize()}"] for name in ("fault", "error", "throttle")}
    if flag == "ok":
        return not any(failed.values())
    return bool(trace["IsPartial"] if flag == "partial" else failed[flag])


def _figure(trace: Summary, kind: str) -> float:
    if kind == "http.status":
        return float(trace["Http"].get("HttpStatus") or 0)
    return float(trace.get("Duration" if kind == "duration" else "ResponseTime") or 0)


def _annotated(trace: Summary, name: str) -> set[str]:
    values = [next(iter(v["AnnotationValue"].values())) for v in trace["Annotations"].get(name, ())]
    return {str(v).lower() if isinstance(v, bool) else f"{v}".removesuffix(".0") for v in values}
