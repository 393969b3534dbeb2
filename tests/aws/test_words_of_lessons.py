"""Concurrency, retries, queues and the platform's errors, in words."""

from __future__ import annotations

from workbench.aws.concurrency import FunctionConcurrency, Provisioned
from workbench.aws.records import FunctionError, Invocation, Report
from workbench.aws.triggers.trigger import QueueContents
from workbench.aws.triggers.words import contents_words
from workbench.aws.words.asynchronous import asynchronous_words
from workbench.aws.words.concurrency import concurrency_words
from workbench.aws.words.faults import fault_words


def failed(type: str, message: str) -> Invocation:
    report = Report("r", 108.0, 108, memory_size=128, max_memory_used=128)
    return Invocation(
        "r", "Echo", None, "RequestResponse", b"{}", b"{}", 200, 0.0, 1.0,
        function_error="Unhandled", error=FunctionError(type, message), report=report,
    )  # fmt: skip


def test_what_the_platforms_errors_mean() -> None:
    told = fault_words(failed("Runtime.OutOfMemory", "signal: killed"))
    assert told.startswith("It needed more than its MemorySize of 128 MB, and was ended.")
    assert told.endswith("what is in /tmp stays.")
    assert "Timeout" in fault_words(failed("", "2026 r Task timed out after 3.00 seconds"))
    assert "EphemeralStorage" in fault_words(failed("OSError", "[Errno 28] No space left"))
    assert fault_words(failed("KeyError", "'bucket'")) == ""


def test_retries_and_destinations() -> None:
    assert list(asynchronous_words({})) == [
        ("Tried again", "twice more, after 1 and 2 min"),
        ("For at most", "6 h"),
    ]
    queue = "arn:aws:sqs:us-east-1:123456789012:failed"
    config = {
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 90,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": queue}},
    }
    assert list(asynchronous_words(config)) == [
        ("Tried again", "not at all"),
        ("For at most", "90 s"),
        ("On failure", f"to {queue}"),
    ]


def test_concurrency() -> None:
    found = FunctionConcurrency(0, (Provisioned("live", 2, 1, "IN_PROGRESS"),))
    assert list(concurrency_words(found)) == [
        ("Reserved", "0: every invocation is throttled"),
        ("Provisioned", "1 of 2 ready for live (IN_PROGRESS)"),
    ]


def test_what_a_queue_holds() -> None:
    assert contents_words(QueueContents(1, 2, "dead", 3)) == [
        "1 message waiting, 2 hidden until the visibility timeout",
        "3 messages in its dead-letter queue dead",
    ]
    assert len(contents_words(QueueContents(0, 0, None, 0))) == 1
