"""Which invocation a log event belongs to."""

from __future__ import annotations

import json

from workbench.aws.logs.log_invocations import Streams, report_of, request_id_of
from workbench.aws.records import LogEvent

ID = "8f5c1b0e-1b7c-4c55-9f36-0f0000000001"
OTHER = "8f5c1b0e-1b7c-4c55-9f36-0f0000000002"


def places(*events: tuple[str, str]) -> list[tuple[str, bool]]:
    """(invocation, framing) of (stream, message), each a millisecond after the one before."""
    streams = Streams()
    found = [
        streams.place(LogEvent(1_000 + n, message, stream))
        for n, (stream, message) in enumerate(events)
    ]
    return [(place.invocation, place.framing) for place in found]


def test_each_stream_runs_one_invocation_at_a_time() -> None:
    assert places(
        ("x", "INIT_START Runtime Version: python:3.13.v1\n"),
        ("x", "at import\n"),
        ("x", f"START RequestId: {ID} Version: $LATEST\n"),
        ("y", f"START RequestId: {OTHER} Version: $LATEST\n"),
        ("x", "of the first\n"),
        ("y", "of the other\n"),
        ("x", f"END RequestId: {ID}\n"),
        ("x", f"REPORT RequestId: {ID}\tDuration: 1.00 ms\n"),
        ("x", "afterwards\n"),
    ) == [
        ("", True),
        ("", False),
        (f"{ID} 1002", True),
        (f"{OTHER} 1003", True),
        (f"{ID} 1002", False),
        (f"{OTHER} 1003", False),
        (f"{ID} 1002", True),
        (f"{ID} 1002", True),
        ("", False),
    ]


def test_the_json_format_tells_the_same() -> None:
    def platform(kind: str, **record: object) -> tuple[str, str]:
        told = {"time": "2026-10-08T07:30:29.470Z", "type": f"platform.{kind}", "record": record}
        return "x", json.dumps(told, separators=(",", ":"))

    metrics = {"durationMs": 12.5, "billedDurationMs": 13, "memorySizeMB": 128,
               "maxMemoryUsedMB": 40}  # fmt: skip
    report = platform("report", requestId=ID, metrics=metrics, status="success")
    application = "x", json.dumps({"timestamp": "t", "level": "INFO", "message": "hello"})
    told = places(
        platform("initStart", initializationType="on-demand"),
        platform("start", requestId=ID, version="$LATEST"),
        application,
        report,
    )
    assert told == [("", True), (f"{ID} 1001", True), (f"{ID} 1001", False), (f"{ID} 1001", True)]
    assert request_id_of(told[1][0]) == ID
    found = report_of([report[1]], told[1][0])
    assert found is not None
    assert (found.duration_ms, found.max_memory_used) == (12.5, 40)
