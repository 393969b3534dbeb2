"""REPORT lines in text and JSON (lambda-facts §3.1, §3.2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.aws.logs.report import parse_report
from workbench.aws.records import Report

COLD = (
    "REPORT RequestId: r-1\tDuration: 3.01 ms\tBilled Duration: 114 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 36 MB\tInit Duration: 110.10 ms\t\n"
)
FAILED = (
    "REPORT RequestId: r-2\tDuration: 5000.00 ms\tBilled Duration: 5000 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory\n"
)
JSON = (
    '{"time":"2026-10-08T07:30:29.470Z","type":"platform.report","record":{"requestId":"r-3",'
    '"metrics":{"durationMs":1233.96,"billedDurationMs":1698,"memorySizeMB":256,'
    '"maxMemoryUsedMB":123,"initDurationMs":463.512},"status":"success"}}\n'
)


def test_text() -> None:
    text = f"START RequestId: r-1 Version: 1\nhello\nEND RequestId: r-1\n{COLD}"
    assert parse_report(text) == Report("r-1", 3.01, 114, 128, 36, init_ms=110.10)


def test_status_and_error_type() -> None:
    report = parse_report(FAILED + "XRAY TraceId: 1-2\tSegmentId: 3\tSampled: true\t\n")
    assert report is not None
    assert (report.status, report.error_type, report.init_ms, report.trace_id) == (
        "error",
        "Runtime.OutOfMemory",
        None,
        "1-2",
    )


def test_json() -> None:
    assert parse_report('{"level":"INFO"}\n' + JSON) == Report(
        "r-3", 1233.96, 1698, 256, 123, init_ms=463.512
    )


def test_the_one_asked_for_or_the_last() -> None:
    both = COLD + FAILED
    first, last = parse_report(both, "r-1"), parse_report(both)
    assert first and first.request_id == "r-1"
    assert last and last.request_id == "r-2"
    assert parse_report(both, "r-9") is None


def test_restored_from_a_snapshot() -> None:
    line = COLD.replace("Init Duration: 110.10 ms", "Restore Duration: 398.97 ms")
    report = parse_report(line)
    assert report and report.init_ms == 398.97


def test_a_line_cut_off_is_no_report() -> None:
    assert parse_report(COLD[:60]) is None
    assert parse_report("") is None


@given(st.text())
def test_any_text_is_read_without_fault(text: str) -> None:
    parse_report(text)
    parse_report(f"REPORT RequestId: x\t{text}\n")
    parse_report(f'{{"type":"platform.report","record":{text}')
