"""Invocations made on AWS in the project's history."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.aws.lambda_client import LambdaClient
from workbench.aws.recording import record, simple_name
from workbench.aws.records import Target
from workbench.project.history import History


def test_a_failed_invocation_is_kept_with_all_that_is_known(
    client: LambdaClient, tmp_path: Path
) -> None:
    invocation = client.invoke("Fail", b'{"x": 1}', qualifier="$LATEST")
    aws = Target("aws", "eu-west-1", account="123456789012")
    history = History(tmp_path / "history.db")
    entry = history.get(record(history, aws, invocation))
    history.close()
    assert entry.target == "aws:123456789012:eu-west-1"
    assert (entry.function, entry.qualifier, entry.event) == ("Fail", "$LATEST", b'{"x": 1}')
    assert (entry.error_type, entry.error_message) == ("ValueError", "no luck")
    assert entry.payload == invocation.payload
    assert entry.log_text == invocation.log_text
    assert entry.duration_ms and entry.memory_size == 128


@pytest.mark.parametrize(
    "name",
    [
        "shop",
        "shop:live",
        "arn:aws:lambda:us-east-1:123456789012:function:shop",
        "arn:aws:lambda:us-east-1:123456789012:function:shop:live",
        "123456789012:function:shop:1",
        "function:shop",
    ],
)
def test_the_functions_own_name(name: str) -> None:
    assert simple_name(name) == "shop"
