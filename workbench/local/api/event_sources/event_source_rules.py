"""What may be asked of an event source mapping, by the kind of its source (lambda-facts §7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.local.api.context import Context, Input
from workbench.local.api.protocols.validate import detected, violation
from workbench.local.delivery.event_patterns import InvalidPattern
from workbench.local.delivery.filter_criteria import FilterCriteria
from workbench.local.errors import ApiError, invalid_parameter
from workbench.local.services.settings import ServiceError

STREAMS = ("kinesis", "dynamodb")
POLLED = ("sqs", *STREAMS, "mq")
KAFKA = ("kafka", "self-managed-kafka")

# The kind of a source that none of those ARNs names.
_SERVICES = {
    "sqs": "sqs", "kinesis": "kinesis", "dynamodb": "dynamodb", "kafka": "kafka", "mq": "mq",
    "rds": "documentdb",
}  # fmt: skip

_STREAM_DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
# What an answer has when the request does not say it.
DEFAULTS: dict[str, dict[str, Any]] = {
    "sqs": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []},
    "kinesis": _STREAM_DEFAULTS,
    "dynamodb": _STREAM_DEFAULTS,
}
OTHER_DEFAULTS: dict[str, Any] = {"BatchSize": 100}

# Members of requests that only some sources have, and which.
_ONLY_FOR = {
    "DestinationConfig": (*STREAMS, *KAFKA),
    "ScalingConfig": ("sqs",),
    "ProvisionedPollerConfig": ("sqs", *KAFKA),
    "ParallelizationFactor": STREAMS,
    "TumblingWindowInSeconds": STREAMS,
    "MaximumRecordAgeInSeconds": (*STREAMS, *KAFKA),
    "BisectBatchOnFunctionError": (*STREAMS, *KAFKA),
    "MaximumRetryAttempts": (*STREAMS, *KAFKA),
    "StartingPosition": (*STREAMS, *KAFKA, "documentdb"),
    "StartingPositionTimestamp": (*STREAMS, *KAFKA),
    "FunctionResponseTypes": ("sqs", *STREAMS, *KAFKA),
    "Queues": ("mq",),
    "Topics": KAFKA,
    "SelfManagedKafkaEventSourceConfig": ("self-managed-kafka",),
    "AmazonManagedKafkaEventSourceConfig": ("kafka",),
    "DocumentDBEventSourceConfig": ("documentdb",),
}

_MINIMUM_AGE = 60  # seconds; -1 is no maximum
_FIFO_BATCH = 10


def kind_of(values: Mapping[str, Any]) -> str:
    """The kind of source of a request or a configuration. Raises ApiError for none we know."""
    arn: str = values.get("EventSourceArn") or ""
    if not arn and values.get("SelfManagedEventSource"):
        return "self-managed-kafka"
    kind = _SERVICES.get(arn.split(":")[2]) if arn.count(":") >= 5 else None
    if kind is None or (kind == "dynamodb" and "/stream/" not in arn):
        raise invalid_parameter("Unrecognized event source.")
    return kind


def check_members(kind: str, input: Input) -> None:
    """Refuse members that do not go with the kind of source (§7.6)."""
    for member, kinds in _ONLY_FOR.items():
        if input.get(member) is None or kind in kinds:
            continue
        if member == "StartingPosition":
            raise invalid_parameter(
                f"StartingPosition is not valid for {kind.upper()} event sources."
            )
        raise _unsupported(member)
    destinations = input.get("DestinationConfig") or {}
    if destinations.get("OnSuccess"):
        raise _unsupported("DestinationConfig")
    target: str = (destinations.get("OnFailure") or {}).get("Destination") or ""
    if target and not target.startswith("kafka://") and target.split(":")[2] not in _TARGETS:
        raise invalid_parameter(f"The destination ARN {target} is invalid.")


_TARGETS = ("sqs", "sns", "s3")


def _unsupported(member: str) -> ApiError:
    return invalid_parameter(f"Unsupported {member} parameter for given event source mapping type.")


def check_start(kind: str, input: Input) -> None:
    """Streams must be told where to begin (§7.6)."""
    position = input.get("StartingPosition")
    if kind not in STREAMS:
        return
    if position is None:
        null = violation(None, "startingPosition", "Member must not be null.")
        raise invalid_parameter(detected([null]))
    if position == "AT_TIMESTAMP":
        if kind == "dynamodb":
            arn = input["EventSourceArn"]
            raise invalid_parameter(f"Unsupported starting position for arn type: {arn}")
        if input.get("StartingPositionTimestamp") is None:
            null = violation(None, "startingPositionTimestamp", "Member must not be null.")
            raise invalid_parameter(detected([null]))


def check_values(kind: str, configuration: Mapping[str, Any]) -> None:
    """Refuse values that do not go together, in the configuration as it would become."""
    size = configuration["BatchSize"]
    window = configuration.get("MaximumBatchingWindowInSeconds") or 0
    if kind == "sqs" and configuration["EventSourceArn"].endswith(".fifo"):
        if window:
            raise invalid_parameter("Batching window is not supported for FIFO queues")
        if size > _FIFO_BATCH:
            text = f"Member must have value less than or equal to {_FIFO_BATCH}"
            raise invalid_parameter(detected([violation(size, "batchSize", text)]))
    if kind == "sqs" and size > 10 and not window:
        raise invalid_parameter(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )
    age = configuration.get("MaximumRecordAgeInSeconds", -1)
    if -1 < age < _MINIMUM_AGE:
        text = f"Member must have value greater than or equal to {_MINIMUM_AGE}"
        raise invalid_parameter(detected([violation(age, "maximumRecordAgeInSeconds", text)]))
    if configuration.get("ScalingConfig") and configuration.get("ProvisionedPollerConfig"):
        raise invalid_parameter(
            "ScalingConfig and ProvisionedPollerConfig cannot be used together."
        )


def filters(kind: str, criteria: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """The filters of a FilterCriteria. Raises ApiError for what is no pattern (§7.5)."""
    given = [item or {} for item in (criteria or {}).get("Filters") or []]
    patterns: list[str] = [item.get("Pattern") or "" for item in given]
    try:
        FilterCriteria(kind if kind in POLLED else "dynamodb", patterns)
    except InvalidPattern:
        raise invalid_parameter("Invalid filter pattern definition.") from None
    return [{"Pattern": pattern} for pattern in patterns]


async def check_source(context: Context, kind: str, arn: str, function_timeout: int) -> None:
    """Ask the service whether the queue or the stream is there and fits (§7.2, §7.6)."""
    if kind == "sqs":
        await _check_queue(context, arn, function_timeout)
    elif kind in STREAMS:
        await _check_stream(context, kind, arn)


async def _check_queue(context: Context, arn: str, function_timeout: int) -> None:
    _, _, _, _, account, name = arn.split(":", 5)
    request = {"QueueName": name, "QueueOwnerAWSAccountId": account}
    try:
        url = (await context.services.call("sqs", "GetQueueUrl", request, account))["QueueUrl"]
        asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
        found = await context.services.call("sqs", "GetQueueAttributes", asked, account)
    except ServiceError as error:
        code, message = error.code, error.message
        if code in _NO_QUEUE:
            code, message = _NO_QUEUE[0], "The specified queue does not exist."
        raise invalid_parameter(
            f"Error occurred while ReceiveMessage. SQS Error Code: {code}. "
            f"SQS Error Message: {message}"
        ) from None
    visibility = int(found["Attributes"]["VisibilityTimeout"])
    if visibility < function_timeout:
        raise invalid_parameter(
            f"Queue visibility timeout: {visibility} seconds is less than "
            f"Function timeout: {function_timeout} seconds"
        )


_NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


async def _check_stream(context: Context, kind: str, arn: str) -> None:
    stream = arn.partition("/consumer/")[0]
    service, operation, request = (
        ("kinesis", "DescribeStreamSummary", {"StreamARN": stream})
        if kind == "kinesis"
        else ("dynamodbstreams", "DescribeStream", {"StreamArn": stream, "Limit": 1})
    )
    try:
        await context.services.call(service, operation, request, arn.split(":")[4])
    except ServiceError as error:
        if error.code == "ResourceNotFoundException":
            raise invalid_parameter(f"Stream not found: {arn}") from None
        raise invalid_parameter(
            f"Cannot access stream {arn}. Please ensure the role can perform the GetRecords, "
            "GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM. "
            f"({error.code}: {error.message})"
        ) from None
