"""A trace drawn as text."""

from __future__ import annotations

from typing import Any

from workbench.aws.traces.traces import Trace, spans, trace_id_in
from workbench.aws.traces.waterfall import waterfall

ROOT = "1-6920215c-3b1f0a7de6c84d29a05e7f11"


def _document(id: str, start: float, end: float | None, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": id, "start_time": start, "end_time": end, **more}


def _trace(*documents: dict[str, Any]) -> Trace:
    return Trace(ROOT, spans(documents), documents)


def test_segments_hang_below_what_called_them() -> None:
    trace = _trace(
        _document("called", 6, 8, parent_id="call", origin="AWS::Lambda::Function"),
        _document("fn", 0, 10, subsegments=[_document("late", 9, 10), _document("call", 5, 9)]),
        _document("other", 20, None, parent_id="not there"),
    )
    walked = [(depth, span.name) for root in trace.roots for depth, span in root.walk()]
    assert walked == [(0, "fn"), (1, "call"), (2, "called"), (1, "late"), (0, "other")]


def test_bars_durations_and_failures() -> None:
    failure = {
        "exceptions": [{"type": "E", "message": "no\nluck", "stack": [{"path": "a.py", "line": 3}]}]
    }
    trace = _trace(
        _document(
            "fn",
            0,
            2.0,
            origin="AWS::Lambda::Function",
            fault=True,
            cause=failure,
            subsegments=[
                _document("first", 0, 1.0, fault=True),
                _document("x" * 50, 1.0, 1.0004, namespace="local"),
                _document("refused", 1.5, 1.75, namespace="aws", throttle=True, error=True),
                _document("last", 2.0, None),
            ],
        )
    )
    assert waterfall(trace, 82) == [
        "! fn (function)                          " + "▓" * 29 + "    2,000 ms",
        "  fault: E: no luck (a.py:3)",
        "  ! first                                " + "▓" * 14 + " " * 15 + "    1,000 ms",
        f"  {'x' * 37}… " + " " * 14 + "█" + " " * 14 + "     0.40 ms",
        "  ! refused (aws)                        " + " " * 21 + "▓" * 4 + " " * 4 + "    250.0 ms",
        "  last                                   " + " " * 28 + "░" + "     running",
    ]


def test_a_throttled_request_says_so() -> None:
    lines = waterfall(_trace(_document("fn", 0, 0, throttle=True)), 60)
    assert lines[0].startswith("! fn ") and lines[1] == "  throttled"


def test_trace_ids_are_found_in_what_people_copy() -> None:
    assert trace_id_in(f"Root={ROOT.upper()};Parent=1;Sampled=1") == ROOT
    assert trace_id_in(f"XRAY TraceId: {ROOT}\tSegmentId: x") == ROOT
    assert trace_id_in("f3b1f0a7-…") is None
