"""What is told of answers that are no error objects (lambda-facts §6)."""

from __future__ import annotations

import pytest

from workbench.local.delivery.invocation_record import error_message


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b'{"errorMessage": "no"}', "no"),
        (b'{"errorMessage": ""}', "Unhandled"),
        (b'{"errorMessage": 1}', "Unhandled"),
        (b"[1]", "Unhandled"),
        (b"no JSON", "Unhandled"),
        (b"[" * 5000 + b"]" * 5000, "Unhandled"),
    ],
)
def test_there_is_always_a_message(answer: bytes, message: str) -> None:
    assert error_message(answer) == message
