"""Whatever is sent for an operation, the answer is AWS's or a clean refusal, and it goes on.

`WORKBENCH_FUZZ_CASES` sets how many requests each test sends (400 if unset), chosen at random when
it is set; the same ones each time otherwise.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import warnings
from collections.abc import Iterator

import pytest
from endpoint_lab import LocalEndpoint, local_lambda
from fuzz_lab import (
    KNOWN,
    Sent,
    lambda_requests,
    logs_requests,
    metrics_requests,
    traces_requests,
)
from hypothesis import HealthCheck, given, note, settings

from workbench.local.api.protocols import cbor

CASES = os.environ.get("WORKBENCH_FUZZ_CASES")
fuzzed = settings(
    max_examples=int(CASES or 150),
    derandomize=CASES is None,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

# Few operations, and simple ones.
fuzzed_a_little = settings(fuzzed, max_examples=int(CASES or 40))


class Target:
    """A local Lambda under fire, one connection to it, and what it answered."""

    def __init__(self, endpoint: LocalEndpoint) -> None:
        self.endpoint = endpoint
        self.statuses: dict[int, int] = {}
        self._connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30)

    def send(self, sent: Sent) -> None:
        """Send one request and judge the answer."""
        connection = self._connection
        note(f"{sent.operation}: {sent.method} {sent.target} {sent.body[:300]!r}")
        try:
            connection.request(sent.method, sent.target, sent.body, sent.headers)
            answer = connection.getresponse()
            body = answer.read()
        except (http.client.HTTPException, OSError):
            connection.close()  # the next one dials anew
            raise
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        assert answer.status < 500 or answer.status == 501, (answer.status, body)
        if answer.status >= 400 and sent.method != "HEAD":
            is_cbor = answer.headers["Content-Type"] == "application/cbor"
            error = cbor.decode(body) if is_cbor else json.loads(body)
            assert answer.headers["x-amzn-ErrorType"] or error["__type"]
            assert "Traceback" not in str(error)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with local_lambda(tmp_path_factory.mktemp("fuzz")) as endpoint:
        endpoint.create(FunctionName=KNOWN, Publish=True)
        target = Target(endpoint)
        yield target
        target.close()


@pytest.fixture(autouse=True)
def still_well(target: Target, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After each test: nothing was logged as a mistake, and the function still answers."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    mistakes = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert mistakes == []
    answer = target.endpoint.client().invoke(FunctionName=KNOWN, Payload=b'{"still": "here"}')
    assert json.load(answer["Payload"]) == {"still": "here"}
    print(f"answers by status: {dict(sorted(target.statuses.items()))}")


def test_requests_for_lambda(target: Target) -> None:
    @fuzzed
    @given(lambda_requests())
    def check(sent: Sent) -> None:
        target.send(sent)

    check()


def test_requests_for_logs(target: Target) -> None:
    @fuzzed
    @given(logs_requests())
    def check(sent: Sent) -> None:
        target.send(sent)

    check()


def test_requests_for_metrics(target: Target) -> None:
    @fuzzed_a_little
    @given(metrics_requests())
    def check(sent: Sent) -> None:
        target.send(sent)

    check()


def test_requests_for_traces(target: Target) -> None:
    @fuzzed_a_little
    @given(traces_requests())
    def check(sent: Sent) -> None:
        target.send(sent)

    check()
