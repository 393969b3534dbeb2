"""Which items of a batch an answer reports as failed (lambda-facts §7.2)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.local.delivery.pollers.batch_failures import failed_items


def of(*identifiers: object) -> bytes:
    items = [{"itemIdentifier": identifier} for identifier in identifiers]
    return json.dumps({"batchItemFailures": items}).encode()


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"null", set()), (b"{}", set()), (b'""', set()), (b"", set()),
        (b'{"batchItemFailures": []}', set()), (b'{"batchItemFailures": null}', set()),
        (of("1"), {"1"}), (of("2", "1"), {"1", "2"}),
        (of(""), None), (of(None), None), (of("3"), None), (of("1", "3"), None),
        (b'{"batchItemFailures": [{"foo": "1"}]}', None),
        (b'{"batchItemFailures": ["1"]}', None), (b'{"batchItemFailures": {"1": 1}}', None),
        (b'"text"', None), (b"[]", set()), (b"{", None),
        (b"[" * 5000 + b"]" * 5000, None),
    ],
)  # fmt: skip
def test_reports(payload: bytes, expected: set[str] | None) -> None:
    assert failed_items(payload, {"1", "2"}) == expected


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists) | st.binary())
def test_any_answer_is_understood(answer: object) -> None:
    payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    failed = failed_items(payload, {"1"})
    assert failed is None or failed <= {"1"}
