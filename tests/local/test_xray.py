"""X-Ray's rules: headers, sampling, Lambda's own segments, traces put together."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.aws.traces.traces import Trace, spans
from workbench.aws.traces.waterfall import waterfall
from workbench.local.api.xray.trace_summaries import matching, summary
from workbench.local.errors import ApiError
from workbench.local.runtime.records import (
    Completion,
    FunctionSpec,
    InvokeRequest,
    InvokeResult,
    Report,
)
from workbench.local.xray import header, segments
from workbench.local.xray.daemon import XrayDaemon
from workbench.local.xray.database import MAX_SEGMENTS, TracesDatabase
from workbench.local.xray.documents import BadSegment, Segment, assembled, parse
from workbench.local.xray.sampling import Sampler

ROOT = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "53995c3f42cd8ad8"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:fn"


def _spec(active: bool = True, name: str = "fn") -> FunctionSpec:
    return FunctionSpec(
        name, ARN + name, "1", "id", "python3.11", "a.b", Path("/"), active_tracing=active
    )


def test_headers_are_read_whatever_their_order_and_written_in_one() -> None:
    text = f"Sampled=1;Lineage=fe460cdd:0;Self=1-x;Root={ROOT};Parent={PARENT};more"
    found = header.parse(text)
    assert found == header.TraceHeader(ROOT, PARENT, True, ("Lineage=fe460cdd:0",))
    assert str(found) == f"Root={ROOT};Parent={PARENT};Sampled=1;Lineage=fe460cdd:0"
    assert header.parse("Parent=53995c3f42cd8ad8") is None
    completed = header.parse(header.complete(f"Root={ROOT}"))
    assert completed is not None and completed.parent and completed.sampled is False


@given(st.text(alphabet="RootParentSmpled=;1-0af \u00e9", max_size=120))
def test_any_header_becomes_one_that_says_all(text: str) -> None:
    completed = header.parse(header.complete(text))
    assert completed is not None
    assert completed.parent is not None and completed.sampled is not None


def test_one_request_a_second_and_five_percent_of_the_rest_are_sampled() -> None:
    now = [1000.0]
    sampler = Sampler(lambda: now[0], random.Random(4).random)

    def sampled(spec: FunctionSpec, incoming: str | None = None) -> bool:
        return "Sampled=1" in sampler.header(spec, incoming)

    spec = _spec()
    assert [sampled(spec), sampled(spec), sampled(_spec(name="other"))] == [True, False, True]
    now[0] += 1
    assert sampled(spec, f"Root={ROOT}")
    assert 30 < sum(sampled(spec) for _ in range(1000)) < 70
    # What was decided upstream holds, and a function without active tracing decides nothing.
    assert not sampled(_spec(), f"Root={ROOT};Sampled=0")
    assert all(sampled(spec, f"Root={ROOT};Sampled=1") for _ in range(50))
    assert not sampled(_spec(active=False))
    assert sampled(_spec(active=False), f"Root={ROOT};Parent={PARENT};Sampled=1")


def _documents(result: InvokeResult, status: str = "success", **report: Any) -> list[Any]:
    request = InvokeRequest("r1", b"{}", ARN + ":live", f"Root={ROOT};Parent={PARENT};Sampled=1")
    segments.begin(request)
    assert request.trace is not None
    assert request.trace_header == f"Root={ROOT};Parent={request.trace.invocation};Sampled=1"
    completion = Completion(
        _spec(),
        request,
        result,
        Report(250.0, 260, 128, 30, status=status, **report),  # type: ignore[arg-type]
        "",
        "stream",
        1_700_000_000.5,
        overhead_ms=50.0,
    )
    traced = segments.traced(completion)
    assert traced is not None
    return segments.documents(traced)


def test_two_segments_of_an_invocation() -> None:
    service, function = _documents(InvokeResult(b"{}"), init_ms=500.0)
    assert service["origin"] == "AWS::Lambda" and service["parent_id"] == PARENT
    assert service["resource_arn"] == ARN + ":live"
    assert service["aws"] == {"request_id": "r1"}
    assert service["start_time"] == 1_700_000_000.0 and service["end_time"] == 1_700_000_000.75
    assert function["origin"] == "AWS::Lambda::Function"
    assert function["parent_id"] == service["id"] and function["trace_id"] == ROOT
    parts = [(s["name"], s["start_time"], s["end_time"]) for s in function["subsegments"]]
    assert parts == [
        ("Init", 1_700_000_000.0, 1_700_000_000.5),
        ("Invocation", 1_700_000_000.5, pytest.approx(1_700_000_000.7)),
        ("Overhead", pytest.approx(1_700_000_000.7), 1_700_000_000.75),
    ]
    assert "fault" not in service and "fault" not in function
    for document in (service, function):
        parse(json.dumps(document))
    # Every attempt of an event is the same segment of the service.
    assert _documents(InvokeResult(b"{}"))[0]["id"] == service["id"]


def test_the_attempts_of_an_event_are_parts_of_one_segment() -> None:
    documents = []
    for attempt in (1, 2):
        request = InvokeRequest(
            "r1", b"", ARN, f"Root={ROOT};Sampled=1", "Event", accepted=900.0, attempt=attempt
        )
        segments.begin(request)
        assert request.trace is not None
        request.trace = request.trace._replace(began=1000.0 * attempt)
        completion = Completion(
            _spec(),
            request,
            InvokeResult(b"{}", "Unhandled" if attempt == 1 else None),
            Report(500.0, 500, 128),
            "",
            "stream",
            1000.25 * attempt,
        )
        traced = segments.traced(completion)
        assert traced is not None
        documents += segments.documents(traced)
    by_id = {document["id"]: parse(json.dumps(document)).document for document in documents}
    service, *functions = assembled(by_id.values())
    assert (service["start_time"], service["end_time"]) == (900, 2001)
    parts = [(s["name"], s["start_time"], s.get("fault")) for s in service["subsegments"]]
    assert parts == [
        ("Dwell Time", 900, None),
        ("Attempt #1", 1000, True),
        ("Attempt #2", 2000, None),
    ]
    ids = [part["id"] for part in service["subsegments"]]
    assert [function["parent_id"] for function in functions] == ids[1:]


def test_segments_of_failures() -> None:
    payload = {
        "errorType": "ValueError",
        "errorMessage": "no luck",
        "stackTrace": ['  File "/var/task/a.py", line 3, in b\n    raise ValueError()\n'],
    }
    failed = InvokeResult(json.dumps(payload).encode(), "Unhandled")
    service, function = _documents(failed)
    assert "fault" not in service and function["fault"]
    [exception] = function["cause"]["exceptions"]
    assert (exception["type"], exception["message"]) == ("ValueError", "no luck")
    assert exception["stack"] == [{"path": "/var/task/a.py", "line": 3, "label": "b"}]
    service, function = _documents(InvokeResult(b"oops", "Unhandled"), status="timeout")
    assert service["fault"] and function["fault"]
    request = InvokeRequest("r", b"", ARN, f"Root={ROOT};Sampled=1")
    segments.begin(request)
    refused = segments.throttled(_spec(), request)
    assert refused is not None and refused["throttle"] and refused["error"]
    assert refused["http"] == {"response": {"status": 429}}
    assert segments.throttled(_spec(), InvokeRequest("r", b"", ARN, "")) is None


def _segment(id: int, parent: int | None = None, **more: Any) -> dict[str, Any]:
    document = {
        "id": f"{id:016x}",
        "trace_id": ROOT,
        "name": f"s{id}",
        "start_time": 1000.0 + id,
        "end_time": 1010.0 + id,
        **more,
    }
    return document if parent is None else {**document, "parent_id": f"{parent:016x}"}


def test_subsegments_sent_by_themselves_get_their_place() -> None:
    inner = _segment(2)
    found = assembled(
        [
            _segment(5, 4, type="subsegment"),  # its parent comes later
            _segment(4, 2, type="subsegment"),
            _segment(1, subsegments=[inner]),
            _segment(3, 1),
            _segment(6, 99, type="subsegment"),  # and this one's never
        ]
    )
    assert [segment["name"] for segment in found] == ["s1", "s3", "s6"]
    assert found[0]["subsegments"][0]["subsegments"][0]["subsegments"][0]["name"] == "s5"
    assert "subsegments" not in inner


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "x"}, "InvalidId"),
        ({"trace_id": 5}, "InvalidTraceId"),
        ({"name": ""}, "InvalidName"),
        ({"start_time": "now"}, "InvalidStartTime"),
        ({"end_time": None}, "InvalidEndTime"),
        ({"type": "subsegment"}, "InvalidParentId"),
        ({"subsegments": ["x"]}, "InvalidSubsegments"),
        ({"subsegments": [{"id": "x"}]}, "InvalidId"),
        ({"http": "GET"}, "InvalidHttp"),
    ],
)
def test_documents_that_are_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BadSegment) as caught:
        parse(json.dumps({**_segment(1), **changes}))
    assert caught.value.code == code


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
_MEMBERS = (
    "annotations", "aws", "cause", "end_time", "fault", "http", "in_progress", "metadata", "name",
    "namespace", "origin", "parent_id", "resource_arn", "start_time", "type",
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no bug
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(_MEMBERS), _ODD),
            st.dictionaries(st.sampled_from(_MEMBERS), _ODD),
        ),
        max_size=3,
    )
)
def test_what_is_taken_can_be_shown(odd: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    taken = []
    for number, (outer, inner) in enumerate(odd):
        document = _segment(2 * number, subsegments=[{**_segment(2 * number + 1), **inner}])
        try:
            taken.append(parse(json.dumps({**document, **outer})).document)
        except BadSegment:
            continue
    if taken:
        found = assembled(taken)
        matching("ok AND annotation.a = 1")(summary(ROOT, found))
        assert waterfall(Trace(ROOT, spans(found), tuple(found)), 80)


def test_the_newest_segments_are_kept(tmp_path: Path) -> None:
    database = TracesDatabase(tmp_path / "traces.db")
    for batch in range(11):
        database.add(
            Segment(f"t{batch}", f"{number}", batch * 100.0, {"n": number, "batch": batch})
            for number in range(MAX_SEGMENTS // 10)
        )
    assert database.documents("t0") == []
    assert len(database.documents("t1")) == MAX_SEGMENTS // 10
    database.add([Segment("t10", "7", 1000.0, {"sent": "again"})])
    assert len(database.documents("t10")) == MAX_SEGMENTS // 10
    assert database.trace_ids(500, 700, 10) == ["t7", "t6", "t5"]
    assert database.trace_ids(0, 1e9, 2, offset=1) == ["t9", "t8"]
    database.close()


def test_filters() -> None:
    trace = summary(
        ROOT,
        [
            _segment(1, http={"response": {"status": 502}}, annotations={"plan": "pro", "n": 3}),
            _segment(2, 1, fault=True),
        ],
    )
    assert (trace["Duration"], trace["ResponseTime"], trace["HasFault"]) == (11, 10, True)
    for expression, expected in (
        ("", True),
        ("fault", True),
        ("ok", False),
        ("!fault OR error = true", False),
        ("fault = true AND duration >= 11", True),
        ("responsetime > 10 || http.status = 502", True),
        ('service("s2")', True),
        ('service(id(name: "s3", type: "AWS::Lambda"))', False),
        ('annotation.plan = "pro" AND annotation.n = 3', True),
        ('annotation[plan] != "pro"', False),
    ):
        assert matching(expression)(trace) is expected, expression
    for expression in ("nonsense", "fault AND", "fault ok", "duration > x"):
        with pytest.raises(ApiError):
            matching(expression)


async def test_the_daemon_takes_segments_and_answers_about_sampling() -> None:
    import asyncio

    from aws_xray_sdk.core.sampling.connector import ServiceConnector

    taken: asyncio.Queue[bytes] = asyncio.Queue()
    daemon = XrayDaemon(taken.put_nowait)
    host, port = daemon.address.split(":")
    with socket.socket() as other, pytest.raises(OSError):
        other.bind((host, int(port)))  # it is ours before anything listens
    await daemon.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"rubbish", (host, int(port)))
        sender.sendto(b'{"format":"json","version":1}\n{"a":1}', (host, int(port)))
    assert await asyncio.wait_for(taken.get(), 10) == b'{"a":1}'

    connector = ServiceConnector()
    connector.setup_xray_client(ip=host, port=port, client=None)
    rules = await asyncio.to_thread(connector.fetch_sampling_rules)
    assert [rule.name for rule in rules] == ["Default"]
    await daemon.close()
