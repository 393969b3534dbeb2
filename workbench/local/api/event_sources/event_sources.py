"""Create-, Get-, Update-, Delete- and ListEventSourceMappings (lambda-facts §7.1, §7.6)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.local.api import tags
from workbench.local.api.context import Context, Input, Output
from workbench.local.api.event_sources import event_source_rules as rules
from workbench.local.arns import event_source_mapping_arn, parse_function, resolve_function
from workbench.local.errors import ApiError, conflict, invalid_parameter, not_found
from workbench.local.store.records import EventSourceMapping

LARGEST_PAGE = 100

# Members that are kept as they are given.
_KEPT = (
    "BatchSize", "MaximumBatchingWindowInSeconds", "ParallelizationFactor", "StartingPosition",
    "StartingPositionTimestamp", "EventSourceArn", "KMSKeyArn", "MetricsConfig", "LoggingConfig",
    "ScalingConfig", "Topics", "Queues", "SourceAccessConfigurations", "SelfManagedEventSource",
    "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "MaximumRetryAttempts",
    "TumblingWindowInSeconds", "FunctionResponseTypes", "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "ProvisionedPollerConfig",
)  # fmt: skip


async def create_event_source_mapping(context: Context, input: Input) -> Output:
    """202 with State Creating (a disabled SQS mapping: Disabled)."""
    kind = rules.kind_of(input)
    rules.check_members(kind, input)
    function_arn, timeout = _function(context, input["FunctionName"])
    _check_access(kind, input)
    rules.check_start(kind, input)
    id = str(uuid.uuid4())
    enabled = input.get("Enabled", True)
    configuration = _changed(_defaults(kind, id), kind, input)
    configuration["FunctionArn"] = function_arn
    rules.check_values(kind, configuration)
    labels = input.get("Tags") or {}
    tags.check_count(labels)
    _refuse_duplicate(context, kind, configuration)
    await rules.check_source(context, kind, input.get("EventSourceArn", ""), timeout)
    _refuse_duplicate(context, kind, configuration)
    if enabled:
        _check_offered(context, kind, input.get("EventSourceArn", ""))
    made = EventSourceMapping(id, configuration, enabled, labels)
    idle = kind == "sqs" and not enabled
    return _begun(context, made, "Disabled" if idle else "Creating")


def get_event_source_mapping(context: Context, input: Input) -> Output:
    """The mapping, or 404."""
    return _rendered(context, _found(context, input["UUID"]))


async def update_event_source_mapping(context: Context, input: Input) -> Output:
    """202 with State Enabling, Disabling or Updating. Refused in the middle of a change."""
    mapping = _settled(context, input["UUID"], "update")
    kind = rules.kind_of(mapping.configuration)
    rules.check_members(kind, input)
    configuration = _changed(mapping.configuration, kind, input)
    if input.get("FunctionName") is not None:
        configuration["FunctionArn"], _ = _function(context, input["FunctionName"])
    rules.check_values(kind, configuration)
    enabled = input.get("Enabled", mapping.enabled)
    if enabled:
        _check_offered(context, kind, configuration.get("EventSourceArn", ""))
    state = "Updating"
    if enabled != mapping.enabled:
        state = "Enabling" if enabled else "Disabling"
    return _begun(context, replace(mapping, configuration=configuration, enabled=enabled), state)


def delete_event_source_mapping(context: Context, input: Input) -> Output:
    """202 with State Deleting; gone once its pollers have stopped."""
    mapping = _settled(context, input["UUID"], "delete")
    return _begun(context, mapping, "Deleting")


def list_event_source_mappings(context: Context, input: Input) -> Output:
    """One page, those of a function and of a source if that is asked for. `Marker` is the last
    UUID of the page before. Neither the function nor the source must exist."""
    wanted = parse_function(input.get("FunctionName") or "")
    source = input.get("EventSourceArn")
    found = [
        mapping
        for mapping in context.store.event_source_mappings.all(after=input.get("Marker") or "")
        if source in (None, mapping.configuration.get("EventSourceArn"))
        and (wanted is None or _is_for(mapping, wanted.name, wanted.qualifier))
    ]
    size = min(input.get("MaxItems") or LARGEST_PAGE, LARGEST_PAGE)
    output: Output = {"EventSourceMappings": [_rendered(context, m) for m in found[:size]]}
    if len(found) > size:
        output["NextMarker"] = found[size - 1].uuid
    return output


def _is_for(mapping: EventSourceMapping, name: str, qualifier: str | None) -> bool:
    reference = parse_function(mapping.configuration["FunctionArn"])
    assert reference is not None
    return reference.name == name and qualifier in (None, reference.qualifier)


def _found(context: Context, id: str) -> EventSourceMapping:
    mapping = context.store.event_source_mappings.get(id)
    if mapping is None:
        raise not_found("The resource you requested does not exist.")
    return mapping


def _settled(context: Context, id: str, action: str) -> EventSourceMapping:
    mapping = _found(context, id)
    if mapping.state not in ("Enabled", "Disabled"):
        raise ApiError(
            "ResourceInUseException",
            f"Cannot {action} the event source mapping because it is in use.",
        )
    return mapping


def _function(context: Context, function_name: str) -> tuple[str, int]:
    """The ARN as the mapping has it and the timeout of what it names now."""
    name, qualifier = resolve_function(context.config, function_name)
    try:
        version, _ = context.version(name, qualifier)
    except ApiError:
        raise invalid_parameter("Function does not exist") from None
    return context.arn(name, qualifier), version.configuration["Timeout"]


def _defaults(kind: str, id: str) -> dict[str, Any]:
    defaults: dict[str, Any] = dict(rules.DEFAULTS.get(kind, rules.OTHER_DEFAULTS))
    if kind != "sqs":
        defaults["LastProcessingResult"] = "No records processed"
    if kind in rules.KAFKA:
        config = "SelfManaged" if kind == "self-managed-kafka" else "AmazonManaged"
        defaults[f"{config}KafkaEventSourceConfig"] = {"ConsumerGroupId": id}
        defaults["StartingPosition"] = "TRIM_HORIZON"
    return defaults


def _changed(before: Mapping[str, Any], kind: str, input: Input) -> dict[str, Any]:
    """The configuration with what a request says of it; a FilterCriteria without filters is none
    at all."""
    given = {member: input[member] for member in _KEPT if input.get(member) is not None}
    configuration = {**before, **given}
    if input.get("FilterCriteria") is not None:
        configuration.pop("FilterCriteria", None)
        if filters := rules.filters(kind, input["FilterCriteria"]):
            configuration["FilterCriteria"] = {"Filters": filters}
    if input.get("DestinationConfig") is not None:
        failure = input["DestinationConfig"].get("OnFailure") or {}
        target = failure.get("Destination")
        configuration["DestinationConfig"] = {
            "OnFailure": {"Destination": target} if target else {}
        }
    return configuration


def _check_access(kind: str, input: Input) -> None:
    needs = kind in ("self-managed-kafka", "mq", "documentdb")
    if needs and not input.get("SourceAccessConfigurations"):
        raise invalid_parameter("Required 'sourceAccessConfigurations' parameter is missing.")
    if kind == "mq" and not input.get("Queues"):
        raise invalid_parameter("Required 'queues' parameter is missing.")


_NAMES = {
    "kafka": "Amazon MSK",
    "self-managed-kafka": "self-managed Apache Kafka",
    "documentdb": "Amazon DocumentDB",
}


def _check_offered(context: Context, kind: str, arn: str) -> None:
    if kind == "mq" and arn not in context.config.brokers:
        raise invalid_parameter(
            f"The local Lambda does not know where the broker {arn} is: start it with "
            f"`workbench serve --broker {arn}=amqp://127.0.0.1:5672` (RabbitMQ), or say so under "
            "[brokers] in your config and start it again, or create the event source mapping with "
            "Enabled=false."
        )
    if kind not in rules.POLLED:
        raise invalid_parameter(
            f"The local Lambda does not poll {_NAMES[kind]}: such an event source mapping can be "
            "created with Enabled=false only."
        )


def _refuse_duplicate(context: Context, kind: str, made: Mapping[str, Any]) -> None:
    """409 when a mapping of this source and function is there (§7.6)."""
    for mapping in context.store.event_source_mappings.all():
        there = mapping.configuration
        if there["FunctionArn"] != made["FunctionArn"] or not _same_source(there, made):
            continue
        end = f"Please update or delete the existing mapping with UUID {mapping.uuid}"
        if kind == "self-managed-kafka":
            servers = ",".join(_servers(made))
            topics = ",".join(made.get("Topics", ()))
            raise conflict(
                f'An event source mapping with event source ("{servers}"), '
                f'function ("{made["FunctionArn"]}"), topics ("{topics}") already exists. {end}'
            )
        reference = parse_function(made["FunctionArn"])
        source, function = made["EventSourceArn"], reference.name if reference else ""
        if kind == "sqs":
            raise conflict(
                f'An event source mapping with SQS arn (" {source} ") and function '
                f'(" {function} ") already exists. {end}'
            )
        raise conflict(
            f'The event source arn (" {source} ") and function (" {function} ") provided mapping '
            f"already exists. {end}"
        )


def _same_source(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    same = one.get("EventSourceArn") == other.get("EventSourceArn")
    return (
        same
        and one.get("Topics") == other.get("Topics")
        and one.get("Queues") == other.get("Queues")
        and (not _servers(one) or not {*_servers(one)}.isdisjoint(_servers(other)))
    )


def _servers(values: Mapping[str, Any]) -> list[str]:
    source = values.get("SelfManagedEventSource") or {}
    servers: list[str] = (source.get("Endpoints") or {}).get("KAFKA_BOOTSTRAP_SERVERS") or []
    return servers


def _begun(context: Context, mapping: EventSourceMapping, state: str) -> Output:
    streams = rules.kind_of(mapping.configuration) in rules.STREAMS
    configuration = {
        **mapping.configuration,
        "State": state,
        "StateTransitionReason": "User action" if streams else "USER_INITIATED",
        "LastModified": time.time(),
    }
    changed = replace(mapping, configuration=configuration)
    context.event_sources.begin(changed)
    return _rendered(context, changed)


def _rendered(context: Context, mapping: EventSourceMapping) -> Output:
    arn = event_source_mapping_arn(context.config, mapping.uuid)
    return {**mapping.configuration, "UUID": mapping.uuid, "EventSourceMappingArn": arn}
