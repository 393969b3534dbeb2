"""An event source mapping as the pollers get it: plain values, waits divided by the time scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.local.delivery.filter_criteria import FilterCriteria
from workbench.local.services.settings import ServiceSettings

MQ_WINDOW = 0.5  # seconds, where no other is given (§7.1)
MAX_EVENT = 6_291_456  # bytes of an event, lambda-facts §2.2


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all mappings share: `url` is the local Lambda's, `state` its folder."""

    url: str
    state: Path
    time_scale: float
    settings: ServiceSettings


@dataclass(frozen=True, slots=True)
class PolledMapping:
    """One mapping. Times are in seconds and already scaled; what is unset is None."""

    uuid: str
    revision: int
    function_arn: str
    role: str
    source_arn: str
    kind: str  # "sqs", "kinesis", "dynamodb" or "mq"
    filters: FilterCriteria
    batch_size: int
    window: float
    partial: bool
    concurrency: int | None  # SQS: invocations at once
    parallelization: int
    starting_position: str
    starting_timestamp: float | None
    max_age: float | None
    max_retries: int | None
    bisect: bool
    tumbling: float | None
    on_failure: str | None
    # Of Amazon MQ: the broker's address, if it was said; its queue; who is let in, as a secret.
    broker: str | None = None
    queue: str = ""
    virtual_host: str = "/"
    secret: str | None = None

    @property
    def region(self) -> str:
        """The region of the source."""
        return self.source_arn.split(":")[3]

    @property
    def function(self) -> str:
        """The function's ARN without a qualifier."""
        return ":".join(self.function_arn.split(":")[:7])


def polled_mapping(order: Mapping[str, Any], time_scale: float) -> PolledMapping:
    """The mapping that the server ordered (a configuration with UUID, Revision, Role, Broker)."""
    arn: str = order["EventSourceArn"]
    kind = arn.split(":")[2]
    patterns = [item["Pattern"] for item in order.get("FilterCriteria", {}).get("Filters", ())]
    age, retries = order.get("MaximumRecordAgeInSeconds", -1), order.get("MaximumRetryAttempts", -1)
    tumbling = order.get("TumblingWindowInSeconds") or 0
    scaling, provisioned = order.get("ScalingConfig"), order.get("ProvisionedPollerConfig")
    concurrency: int | None = (scaling or {}).get("MaximumConcurrency")
    if provisioned:  # each poller may have ten invocations at once, §7.2
        concurrency = 10 * int(provisioned.get("MaximumPollers") or 200)
    access = {item["Type"]: item["URI"] for item in order.get("SourceAccessConfigurations") or ()}
    window = order.get("MaximumBatchingWindowInSeconds") or (MQ_WINDOW if kind == "mq" else 0)
    return PolledMapping(
        uuid=order["UUID"],
        revision=order["Revision"],
        function_arn=order["FunctionArn"],
        role=order["Role"],
        source_arn=arn,
        kind=kind,
        filters=FilterCriteria(kind, patterns),
        batch_size=order["BatchSize"],
        window=window / time_scale,
        partial="ReportBatchItemFailures" in (order.get("FunctionResponseTypes") or ()),
        concurrency=concurrency,
        parallelization=order.get("ParallelizationFactor") or 1,
        starting_position=order.get("StartingPosition") or "LATEST",
        starting_timestamp=order.get("StartingPositionTimestamp"),
        max_age=None if age < 0 else age / time_scale,
        max_retries=None if retries < 0 else retries,
        bisect=bool(order.get("BisectBatchOnFunctionError")),
        tumbling=tumbling / time_scale if tumbling else None,
        on_failure=(order.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination"),
        broker=order.get("Broker"),
        queue=next(iter(order.get("Queues") or ()), ""),
        virtual_host=access.get("VIRTUAL_HOST", "/"),
        secret=access.get("BASIC_AUTH"),
    )
