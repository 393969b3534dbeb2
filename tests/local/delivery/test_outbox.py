"""Deliveries that do not work at once, over services that are only in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.local.delivery.outbox import Outbox
from workbench.local.errors import conflict, not_found
from workbench.local.metrics.counters import Metrics
from workbench.local.services.settings import ServiceError
from workbench.local.store import deliveries
from workbench.local.store.database import open_database
from workbench.local.store.deliveries import Deliveries
from workbench.local.store.records import Delivery

BUCKET = "arn:aws:s3:::bucket"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:other"


class Bucket:
    """Services that are a bucket; `errors` are raised first, one a call."""

    def __init__(self, *errors: str) -> None:
        self.errors = list(errors)
        self.stored: list[bytes] = []

    async def call(
        self, service: str, operation: str, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        if self.errors:
            raise ServiceError(service, operation, self.errors.pop(0), "no")
        self.stored.append(parameters["Body"])
        return {}


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Deliveries]:
    """Two deliveries, kept by an earlier process."""
    db = open_database(tmp_path / "state.db", deliveries.SCHEMA, 1)
    for arn, body in ((BUCKET, b"one"), (FUNCTION, b"two")):
        deliveries.insert(db, Delivery("destination", "f", "", arn, "Root=1", {}, body, 1.0))
    yield Deliveries(db)
    db.close()


def outbox(kept: Deliveries, bucket: Bucket, invoke: Any, told: list[str]) -> Outbox:
    def notice(function: str, message: str) -> None:
        told.append(message)

    return Outbox(kept, bucket, invoke, Metrics(lambda minute, counted: None), notice)


async def until_left(kept: Deliveries, number: int) -> None:
    async with asyncio.timeout(20):
        while kept.count() > number:  # noqa: ASYNC110  (a file tells nobody)
            await asyncio.sleep(0.01)


async def test_what_may_pass_is_tried_again(kept: Deliveries) -> None:
    bucket, invoked, told = Bucket("ServiceUnavailable"), list[bytes](), list[str]()
    errors = [conflict("an update is in progress")]

    def invoke(delivery: Delivery) -> None:
        if errors:
            raise errors.pop()
        invoked.append(delivery.body)

    box = outbox(kept, bucket, invoke, told)
    box.wake()
    await until_left(kept, 0)
    await box.close()
    assert (bucket.stored, invoked, told) == ([b"one"], [b"two"], [])


async def test_a_definite_no_is_told(kept: Deliveries) -> None:
    told: list[str] = []

    def invoke(delivery: Delivery) -> None:
        raise not_found("Function not found: other")

    box = outbox(kept, Bucket("NoSuchBucket"), invoke, told)
    box.wake()
    await until_left(kept, 0)
    await box.close()
    assert sorted(told) == [
        f"The record of an event of f was dropped: {FUNCTION} did not take it "
        "(ResourceNotFoundException: Function not found: other).",
        f"The record of an event of f was dropped: {BUCKET} did not take it (NoSuchBucket: no).",
    ]


async def test_closing_leaves_what_was_not_taken(kept: Deliveries) -> None:
    class Slow(Bucket):
        async def call(
            self, service: str, operation: str, parameters: dict[str, Any]
        ) -> dict[str, Any]:
            await asyncio.Event().wait()
            return {}

    box = outbox(kept, Slow(), lambda delivery: None, [])
    box.wake()
    await until_left(kept, 1)  # the function's is taken at once
    assert box.sending == 1
    await box.close()
    assert kept.count() == 1
