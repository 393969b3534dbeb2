"""What is tried next of a batch that failed: every record is done or given up, in order."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workbench.local.delivery.filter_criteria import FilterCriteria
from workbench.local.delivery.pollers.invoke import Outcome
from workbench.local.delivery.pollers.mapping import PolledMapping, polled_mapping
from workbench.local.delivery.pollers.shards import Record
from workbench.local.delivery.pollers.stream_batch import (
    Batch,
    after_failure,
    failed_records,
    fitting,
    retry_pause,
    window_start,
)


def mapping(**settings: Any) -> PolledMapping:
    order = {
        "UUID": "u",
        "Revision": 1,
        "Role": "",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s",
        "BatchSize": 100,
        **settings,
    }
    return polled_mapping(order, 1.0)


def record(number: int, size: int = 2) -> Record:
    return Record(str(number), "k", 0.0, b"x" * size, True)


@given(
    st.integers(1, 12),
    st.sets(st.integers(0, 11)),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
)
def test_every_record_is_done_or_given_up(
    number: int, poisons: set[int], bisect: bool, partial: bool, retries: int
) -> None:
    settings = mapping(
        BisectBatchOnFunctionError=bisect,
        MaximumRetryAttempts=retries,
        FunctionResponseTypes=["ReportBatchItemFailures"] if partial else [],
    )
    todo = [Batch([record(n) for n in range(number)])]
    over: list[int] = []  # in the order in which they were done or given up
    done: set[int] = set()
    invocations: dict[int, int] = {}
    while todo:
        batch = todo.pop()
        numbers = [int(each.sequence) for each in batch.records]
        for each in numbers:
            invocations[each] = invocations.get(each, 0) + 1
        bad = [n for n in numbers if n in poisons]
        if partial:
            items = [{"itemIdentifier": str(n)} for n in bad]
            outcome = Outcome(200, payload=json.dumps({"batchItemFailures": items}).encode())
        else:
            outcome = Outcome(200, function_error="Unhandled" if bad else None, payload=b"null")
        left = failed_records(batch, outcome, settings)
        succeeded = numbers[: len(numbers) - len(left)]
        over += succeeded
        done |= set(succeeded)
        if left:
            following = after_failure(batch, left, settings)
            if following is None:
                over += [int(each.sequence) for each in left]
            else:
                todo.extend(reversed(following))
    assert over == list(range(number))
    assert not done & poisons
    if bisect or (partial and not poisons):
        assert done == set(range(number)) - poisons
    if bisect:  # a record that fails alone is tried as often as it may be
        alone = [n for n in poisons if n < number]
        assert all(invocations[n] >= retries + 1 for n in alone)


def test_without_a_limit_a_batch_is_tried_for_ever() -> None:
    batch = Batch([record(1)], failures=100_000)
    assert after_failure(batch, batch.records, mapping()) == [Batch(batch.records, 100_001)]
    assert retry_pause(100_000, 1.0) == 60.0
    assert [retry_pause(n, 1.0) for n in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert retry_pause(3, 4.0) == 0.5


def test_batches_hold_six_megabytes() -> None:
    big = [record(n, 2_000_000) for n in range(5)]
    assert fitting(big, 100) == 3
    assert fitting(big, 2) == 2
    assert fitting([record(0, 7_000_000)], 100) == 1  # alone: nothing smaller can be made
    assert fitting([], 100) == 0


def test_windows_are_aligned_to_the_epoch() -> None:
    assert window_start(1000.5, 300.0) == 900.0
    assert window_start(900.0, 300.0) == 900.0


def test_waits_are_divided_and_minus_one_is_no_limit() -> None:
    order = {
        "MaximumBatchingWindowInSeconds": 60,
        "MaximumRecordAgeInSeconds": 120,
        "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 30,
    }
    made = mapping(**order)
    assert (made.window, made.max_age, made.max_retries, made.tumbling) == (60, 120, None, 30)
    assert isinstance(made.filters, FilterCriteria) and made.filters.matches({})
