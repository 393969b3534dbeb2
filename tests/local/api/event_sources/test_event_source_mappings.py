"""Event source mappings: what the operations answer and refuse (lambda-facts §7.1, §7.6)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint
from sources_lab import Queue, Stream, Table, unique, unmap, wait_state

STREAM_DEFAULTS = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
    "LastProcessingResult": "No records processed",
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "StateTransitionReason": "User action",
    "TumblingWindowInSeconds": 0,
}


@pytest.fixture
def function(shared_endpoint: LocalEndpoint) -> Iterator[str]:
    name = shared_endpoint.create()
    yield name
    unmap(shared_endpoint, name)


@pytest.fixture(scope="module")
def queue(shared_endpoint: LocalEndpoint) -> Queue:
    return Queue(shared_endpoint)


@pytest.fixture(scope="module")
def table(shared_endpoint: LocalEndpoint) -> Table:
    return Table(shared_endpoint)


@pytest.fixture(scope="module")
def stream(shared_endpoint: LocalEndpoint) -> Stream:
    return Stream(shared_endpoint)


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def plain(answer: dict[str, Any], status: int) -> dict[str, Any]:
    """An answer without what differs each time; `status` is its HTTP status."""
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == status
    answer.pop("LastModified")
    return answer


def refused(endpoint: LocalEndpoint, **request: Any) -> tuple[int, str, str]:
    """The status, the code and the message of a refused CreateEventSourceMapping."""
    with pytest.raises(ClientError) as caught:
        endpoint.client().create_event_source_mapping(**request)
    return told(caught.value)


def told(error: ClientError) -> tuple[int, str, str]:
    response = error.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, response["Error"]["Code"], response["Error"]["Message"]


def invalid(message: str) -> tuple[int, str, str]:
    return 400, "InvalidParameterValueException", message


def test_the_life_of_a_queues_mapping(
    shared_endpoint: LocalEndpoint, function: str, queue: Queue
) -> None:
    client = shared_endpoint.client()
    made = client.create_event_source_mapping(FunctionName=function, EventSourceArn=queue.arn)
    id = made["UUID"]
    expected = {
        "UUID": id,
        "BatchSize": 10,
        "EventSourceArn": queue.arn,
        "EventSourceMappingArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{id}",
        "FunctionArn": function_arn(function),
        "FunctionResponseTypes": [],
        "MaximumBatchingWindowInSeconds": 0,
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
    }
    assert plain(made, 202) == expected
    assert plain(wait_state(shared_endpoint, id, "Enabled"), 200) == expected | {"State": "Enabled"}
    changed = client.update_event_source_mapping(UUID=id, BatchSize=5)
    assert plain(changed, 202) == expected | {"State": "Updating", "BatchSize": 5}
    wait_state(shared_endpoint, id, "Enabled")
    changed = client.update_event_source_mapping(UUID=id, Enabled=False)
    assert changed["State"] == "Disabling"
    wait_state(shared_endpoint, id, "Disabled")
    assert client.update_event_source_mapping(UUID=id, Enabled=True)["State"] == "Enabling"
    wait_state(shared_endpoint, id, "Enabled")
    gone = client.delete_event_source_mapping(UUID=id)
    assert plain(gone, 202) == expected | {"State": "Deleting", "BatchSize": 5}
    wait_state(shared_endpoint, id, "")


def test_defaults_of_streams(
    shared_endpoint: LocalEndpoint, function: str, table: Table, stream: Stream
) -> None:
    for arn, position in ((table.arn, "TRIM_HORIZON"), (stream.arn, "LATEST")):
        made = shared_endpoint.client().create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=arn,
            StartingPosition=position,
            FilterCriteria={"Filters": []},
        )
        id, mapping_arn = made["UUID"], made["EventSourceMappingArn"]
        assert mapping_arn.endswith(f":event-source-mapping:{id}")
        assert plain(made, 202) == STREAM_DEFAULTS | {
            "EventSourceArn": arn,
            "EventSourceMappingArn": mapping_arn,
            "FunctionArn": function_arn(function),
            "StartingPosition": position,
            "State": "Creating",
            "UUID": id,
        }
        wait_state(shared_endpoint, id, "Enabled")


def test_what_a_mapping_can_be_made_with(
    shared_endpoint: LocalEndpoint, function: str, queue: Queue
) -> None:
    client = shared_endpoint.client()
    given: dict[str, Any] = {
        "BatchSize": 10_000,
        "MaximumBatchingWindowInSeconds": 300,
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]},
        "ScalingConfig": {"MaximumConcurrency": 2},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MetricsConfig": {"Metrics": ["EventCount"]},
    }
    made = client.create_event_source_mapping(
        FunctionName=function, EventSourceArn=queue.arn, Enabled=False, Tags={"a": "b"}, **given
    )
    assert made["State"] == "Disabled"
    assert {name: made[name] for name in given} == given
    assert client.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {"a": "b"}
    client.tag_resource(Resource=made["EventSourceMappingArn"], Tags={"c": "d"})
    client.untag_resource(Resource=made["EventSourceMappingArn"], TagKeys=["a"])
    assert client.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {"c": "d"}
    changed = client.update_event_source_mapping(UUID=made["UUID"], FilterCriteria={})
    assert "FilterCriteria" not in changed and changed["BatchSize"] == 10_000


def test_functions_by_every_kind_of_name(shared_endpoint: LocalEndpoint, queue: Queue) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create(Publish=True)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = function_arn(name)
    given = [name, f"{name}:$LATEST", f"{name}:1", f"{ACCOUNT}:function:{name}:live", arn + ":live"]
    shown = [arn, f"{arn}:$LATEST", f"{arn}:1", f"{arn}:live", f"{arn}:live"]
    for function_name, expected in zip(given, shown, strict=True):
        made = client.create_event_source_mapping(
            FunctionName=function_name, EventSourceArn=queue.arn, Enabled=False
        )
        assert made["FunctionArn"] == expected
        client.delete_event_source_mapping(UUID=made["UUID"])
        wait_state(shared_endpoint, made["UUID"], "")


def test_mappings_stay_when_their_function_goes(
    shared_endpoint: LocalEndpoint, queue: Queue
) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    made = client.create_event_source_mapping(FunctionName=name, EventSourceArn=queue.arn)
    wait_state(shared_endpoint, made["UUID"], "Enabled")
    client.delete_function(FunctionName=name)
    assert client.get_event_source_mapping(UUID=made["UUID"])["State"] == "Enabled"
    client.delete_event_source_mapping(UUID=made["UUID"])
    wait_state(shared_endpoint, made["UUID"], "")


def test_lists_by_function_and_source(shared_endpoint: LocalEndpoint, function: str) -> None:
    client = shared_endpoint.client()
    queues = [Queue(shared_endpoint) for _ in range(3)]
    ids = [
        client.create_event_source_mapping(
            FunctionName=function, EventSourceArn=queue.arn, Enabled=False
        )["UUID"]
        for queue in queues
    ]
    pages = client.get_paginator("list_event_source_mappings").paginate(
        FunctionName=function, PaginationConfig={"PageSize": 2}
    )
    listed = [[mapping["UUID"] for mapping in page["EventSourceMappings"]] for page in pages]
    assert [len(page) for page in listed] == [2, 1]
    assert sorted(id for page in listed for id in page) == sorted(ids)
    (one,) = client.list_event_source_mappings(EventSourceArn=queues[0].arn)["EventSourceMappings"]
    assert one["UUID"] == ids[0]
    missing = client.list_event_source_mappings(FunctionName="no-such-function")
    assert missing["EventSourceMappings"] == []


def test_what_is_not_there(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    missing = str(uuid.uuid4())
    expected = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
    for operation in ("get", "update", "delete"):
        with pytest.raises(ClientError) as caught:
            getattr(client, f"{operation}_event_source_mapping")(UUID=missing)
        assert told(caught.value) == expected
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{missing}"
    with pytest.raises(ClientError) as caught:
        client.list_tags(Resource=arn)
    message = f"Event source mapping not found: {arn}"
    assert told(caught.value) == (404, "ResourceNotFoundException", message)


def test_what_comes_before_the_function(shared_endpoint: LocalEndpoint) -> None:
    arn = queue_arn("some-queue")
    unsupported = "Unsupported DestinationConfig parameter for given event source mapping type."
    destination = {"OnSuccess": {"Destination": queue_arn("other")}}
    request: dict[str, Any] = {"FunctionName": "no-such-function"}
    assert refused(shared_endpoint, **request) == invalid("Unrecognized event source.")
    request["EventSourceArn"] = arn
    assert refused(shared_endpoint, **request, DestinationConfig=destination) == (
        invalid(unsupported)
    )
    assert refused(shared_endpoint, **request) == invalid("Function does not exist")


def test_refused_sources(shared_endpoint: LocalEndpoint, function: str, table: Table) -> None:
    def refusal(arn: str, **settings: Any) -> tuple[int, str, str]:
        return refused(shared_endpoint, FunctionName=function, EventSourceArn=arn, **settings)

    assert refusal("arn:aws:sns:us-east-1:123456789012:topic") == invalid(
        "Unrecognized event source."
    )
    assert refusal(table.arn.partition("/stream/")[0]) == invalid("Unrecognized event source.")
    assert refusal(queue_arn(unique("none"))) == invalid(
        "Error occurred while ReceiveMessage. SQS Error Code: "
        "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not "
        "exist."
    )
    missing = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{unique('none')}"
    assert refusal(missing, StartingPosition="LATEST") == invalid(f"Stream not found: {missing}")
    missing = (
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{unique('none')}/stream/2025-02-22T03:03:25.490"
    )
    assert refusal(missing, StartingPosition="LATEST") == invalid(f"Stream not found: {missing}")


@pytest.mark.parametrize("kind", ["table", "stream"])
def test_refused_starting_positions(
    shared_endpoint: LocalEndpoint, function: str, table: Table, stream: Stream, kind: str
) -> None:
    arn = table.arn if kind == "table" else stream.arn

    def refusal(**settings: Any) -> tuple[int, str, str]:
        return refused(shared_endpoint, FunctionName=function, EventSourceArn=arn, **settings)

    assert refusal() == invalid(
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
        "constraint: Member must not be null."
    )
    assert refusal(StartingPosition="invalid") == (
        400,
        "ValidationException",
        "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy "
        "constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
    )
    if kind == "table":
        assert refusal(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1741010802) == (
            invalid(f"Unsupported starting position for arn type: {arn}")
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"BatchSize": 11},
         "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
         "than 10"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "null"}]}},
         "Invalid filter pattern definition."),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"eventSource": []}'}]}},
         "Invalid filter pattern definition."),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": [1]}'}] * 6}},
         "Invalid filter pattern definition."),
        ({"ParallelizationFactor": 2},
         "Unsupported ParallelizationFactor parameter for given event source mapping type."),
        ({"StartingPosition": "LATEST"}, "StartingPosition is not valid for SQS event sources."),
        ({"DestinationConfig": {"OnFailure": {"Destination": queue_arn("x")}}},
         "Unsupported DestinationConfig parameter for given event source mapping type."),
    ],
)  # fmt: skip
def test_refused_settings_of_queues(
    shared_endpoint: LocalEndpoint, function: str, queue: Queue, settings: Any, message: str
) -> None:
    assert refused(
        shared_endpoint, FunctionName=function, EventSourceArn=queue.arn, **settings
    ) == invalid(message)


def test_a_queue_must_hide_messages_as_long_as_the_function_may_run(
    shared_endpoint: LocalEndpoint, queue: Queue
) -> None:
    name = shared_endpoint.create(Timeout=60)
    assert refused(shared_endpoint, FunctionName=name, EventSourceArn=queue.arn) == invalid(
        "Queue visibility timeout: 3 seconds is less than Function timeout: 60 seconds"
    )


def test_fifo_queues_have_no_window(shared_endpoint: LocalEndpoint, function: str) -> None:
    fifo = Queue(shared_endpoint, FifoQueue="true")
    assert refused(
        shared_endpoint,
        FunctionName=function,
        EventSourceArn=fifo.arn,
        MaximumBatchingWindowInSeconds=1,
    ) == invalid("Batching window is not supported for FIFO queues")


def test_one_mapping_for_a_source_and_a_function(
    shared_endpoint: LocalEndpoint, function: str, queue: Queue, stream: Stream
) -> None:
    client = shared_endpoint.client()
    request: dict[str, Any] = {"FunctionName": function, "Enabled": False}
    made = client.create_event_source_mapping(**request, EventSourceArn=queue.arn)
    assert refused(shared_endpoint, **request, EventSourceArn=queue.arn) == (
        409,
        "ResourceConflictException",
        f'An event source mapping with SQS arn (" {queue.arn} ") and function (" {function} ") '
        "already exists. Please update or delete the existing mapping with UUID " + made["UUID"],
    )
    request |= {"EventSourceArn": stream.arn, "StartingPosition": "LATEST"}
    made = client.create_event_source_mapping(**request)
    assert refused(shared_endpoint, **request) == (
        409,
        "ResourceConflictException",
        f'The event source arn (" {stream.arn} ") and function (" {function} ") provided mapping '
        "already exists. Please update or delete the existing mapping with UUID " + made["UUID"],
    )
    wait_state(shared_endpoint, made["UUID"], "Disabled")


def test_kafka_is_described_but_not_polled(shared_endpoint: LocalEndpoint, function: str) -> None:
    request: dict[str, Any] = {
        "FunctionName": function,
        "Topics": ["topic"],
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka:1000"]}},
    }
    assert refused(shared_endpoint, **request) == invalid(
        "Required 'sourceAccessConfigurations' parameter is missing."
    )
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:s"
    request["SourceAccessConfigurations"] = [{"Type": "BASIC_AUTH", "URI": secret}]
    assert refused(shared_endpoint, **request) == invalid(
        "The local Lambda does not poll self-managed Apache Kafka: such an event source mapping "
        "can be created with Enabled=false only."
    )
    client = shared_endpoint.client()
    made = client.create_event_source_mapping(**request, Enabled=False)
    assert made["BatchSize"] == 100 and made["StartingPosition"] == "TRIM_HORIZON"
    assert made["SelfManagedKafkaEventSourceConfig"] == {"ConsumerGroupId": made["UUID"]}
    wait_state(shared_endpoint, made["UUID"], "Disabled")
    servers = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka:1000", "kafka:2000"]}}
    status, code, message = refused(
        shared_endpoint, **{**request, "SelfManagedEventSource": servers}, Enabled=False
    )
    assert (status, code) == (409, "ResourceConflictException")
    assert message == (
        'An event source mapping with event source ("kafka:1000,kafka:2000"), function '
        f'("{function_arn(function)}"), topics ("topic") already exists. Please update or delete '
        f"the existing mapping with UUID {made['UUID']}"
    )


def test_no_second_change_before_the_first_is_done(
    shared_endpoint: LocalEndpoint, function: str, queue: Queue
) -> None:
    client = shared_endpoint.client()
    made = client.create_event_source_mapping(FunctionName=function, EventSourceArn=queue.arn)
    with pytest.raises(ClientError) as caught:
        client.update_event_source_mapping(UUID=made["UUID"], BatchSize=1)
    assert told(caught.value)[:2] == (400, "ResourceInUseException")
    wait_state(shared_endpoint, made["UUID"], "Enabled")
