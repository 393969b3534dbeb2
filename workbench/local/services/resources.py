"""From a resource as a template declares it to the calls that make it.

Names and ARNs come out as `project/templates/local_values.py` says they are, so that what functions
got in their environment variables is there.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.local.services.settings import ServiceSettings
from workbench.project.loose_values import mapping

# What a service says when the resource is there already: nothing is left to do then.
EXISTS = frozenset(
    {
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "ConflictException",
        "ParameterAlreadyExists",
        "QueueAlreadyExists",
        "QueueNameExists",
        "ResourceAlreadyExistsException",
        "ResourceExistsException",
        "ResourceInUseException",
        "StateMachineAlreadyExists",
    }
)

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a service, as boto3 takes it. Those with `later` need other resources to be
    there: they are made when all others have been."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    later: bool = False


def calls(type_: str, name: str, properties: Properties, place: ServiceSettings) -> list[Call]:
    """What makes the resource called `name`; nothing for a type that is not known here."""
    maker = _MAKERS.get(type_)
    return [] if maker is None else list(maker(name, properties, place))


def removal(type_: str, name: str, properties: Properties) -> list[Call]:
    """What ends a resource that would go on invoking functions, or holds nothing but what is
    declared; nothing for any other."""
    bus = _picked(properties, "EventBusName")
    match type_:
        case "AWS::Events::Rule":
            targets = [mapping(target) for target in properties.get("Targets") or ()]
            ids = [target["Id"] for target in targets if "Id" in target]
            gone = [Call("events", "RemoveTargets", {"Rule": name, "Ids": ids, **bus})]
            return [*(gone if ids else []), Call("events", "DeleteRule", {"Name": name, **bus})]
        case "AWS::Scheduler::Schedule":
            group = _picked(properties, "GroupName")
            return [Call("scheduler", "DeleteSchedule", {"Name": name, **group})]
        case "AWS::S3::Bucket" if "NotificationConfiguration" in properties:
            parameters = {"Bucket": name, "NotificationConfiguration": {}}
            return [Call("s3", "PutBucketNotificationConfiguration", parameters)]
        case "AWS::CloudWatch::Alarm":
            return [Call("cloudwatch", "DeleteAlarms", {"AlarmNames": [name]})]
        case "AWS::SSM::Parameter":
            return [Call("ssm", "DeleteParameter", {"Name": name})]
    return []


def change(type_: str, name: str, properties: Properties, place: ServiceSettings) -> list[Call]:
    """What gives a resource that holds something its new properties; nothing where that is not
    possible."""
    if type_ == "AWS::SQS::Queue":
        create, *others = _queue(name, properties, place)
        attributes = {k: v for k, v in create.parameters["Attributes"].items() if k != "FifoQueue"}
        parameters = {"QueueUrl": _queue_url(name, place), "Attributes": attributes}
        return [Call("sqs", "SetQueueAttributes", parameters), *others]
    if type_ in ("AWS::Events::ApiDestination", "AWS::Events::Connection"):
        operation = f"Update{type_.rpartition('::')[2]}"
        return [Call("events", operation, {**properties, "Name": name})]
    if type_ in ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"):
        (create,) = _state_machine(name, properties, place)
        where = f"{place.region}:{place.account}"
        arn = f"arn:{place.partition}:states:{where}:stateMachine:{name}"
        told = _picked(create.parameters, "definition", "roleArn")
        return [Call("stepfunctions", "UpdateStateMachine", {"stateMachineArn": arn, **told})]
    return []


def _queue_url(name: str, place: ServiceSettings) -> str:
    return f"{place.endpoint_url}/{place.account}/{name}"


def _picked(properties: Properties, *members: str) -> dict[str, Any]:
    return {member: properties[member] for member in members if member in properties}


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(properties: Properties, *members: str) -> dict[str, str]:
    return {member: _text(properties[member]) for member in members if member in properties}


def _queue(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    attributes = _attributes(
        properties,
        *("ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoQueue"),
        *("FifoThroughputLimit", "MaximumMessageSize", "MessageRetentionPeriod"),
        *("ReceiveMessageWaitTimeSeconds", "VisibilityTimeout"),
    )
    if attributes.get("FifoQueue") == "false":
        del attributes["FifoQueue"]  # SQS takes "true" or nothing
    yield Call("sqs", "CreateQueue", {"QueueName": name, "Attributes": attributes})
    redrive = _attributes(properties, "RedriveAllowPolicy", "RedrivePolicy")
    if redrive:
        parameters = {"QueueUrl": _queue_url(name, place), "Attributes": redrive}
        yield Call("sqs", "SetQueueAttributes", parameters, later=True)


def _topic(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    attributes = _attributes(
        properties, "ContentBasedDeduplication", "DisplayName", "FifoTopic", "SignatureVersion"
    )
    yield Call("sns", "CreateTopic", {"Name": name, "Attributes": attributes})
    arn = f"arn:{place.partition}:sns:{place.region}:{place.account}:{name}"
    for given in properties.get("Subscription") or ():
        parameters = {"TopicArn": arn, **_picked(given, "Protocol", "Endpoint")}
        yield Call("sns", "Subscribe", parameters, later=True)


def _subscription(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    attributes = _attributes(
        properties, "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"
    )
    parameters = _picked(properties, "TopicArn", "Protocol", "Endpoint")
    yield Call("sns", "Subscribe", {**parameters, "Attributes": attributes}, later=True)


def _bucket(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    where = {} if place.region == "us-east-1" else {"LocationConstraint": place.region}
    configuration = {"CreateBucketConfiguration": where} if where else {}
    yield Call("s3", "CreateBucket", {"Bucket": name, **configuration})
    versioning = properties.get("VersioningConfiguration")
    if versioning:
        parameters = {"Bucket": name, "VersioningConfiguration": versioning}
        yield Call("s3", "PutBucketVersioning", parameters)
    if "NotificationConfiguration" in properties:
        told = _notifications(properties["NotificationConfiguration"])
        # The functions' permissions are on their way, as in a stack that is being made.
        parameters = {"NotificationConfiguration": told, "SkipDestinationValidation": True}
        operation = "PutBucketNotificationConfiguration"
        yield Call("s3", operation, {"Bucket": name, **parameters}, later=True)


# CloudFormation's members for the receivers of a bucket's notifications, and S3's.
_RECEIVERS = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
    "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
}


def _notifications(properties: Properties) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for member, (operand, receiver, arn) in _RECEIVERS.items():
        for given in properties.get(member) or ():
            rules = ((given.get("Filter") or {}).get("S3Key") or {}).get("Rules")
            filter = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
            configuration = {arn: given[receiver], "Events": [given["Event"]], **filter}
            told.setdefault(operand, []).append(configuration)
    bridge = properties.get("EventBridgeConfiguration")
    if bridge is not None and _text(bridge.get("EventBridgeEnabled", True)) == "true":
        told["EventBridgeConfiguration"] = {}
    return told


def _table(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    parameters = _picked(
        properties,
        *("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema"),
        *("LocalSecondaryIndexes", "ProvisionedThroughput"),
    )
    if "ProvisionedThroughput" not in parameters:
        parameters["BillingMode"] = "PAY_PER_REQUEST"
    stream = properties.get("StreamSpecification")
    if stream:
        parameters["StreamSpecification"] = {"StreamEnabled": True, **stream}
    yield Call("dynamodb", "CreateTable", {"TableName": name, **parameters})
    expiry = properties.get("TimeToLiveSpecification")
    if expiry and "AttributeName" in expiry:
        parameters = {"TableName": name, "TimeToLiveSpecification": expiry}
        yield Call("dynamodb", "UpdateTimeToLive", parameters)


def _simple_table(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    key = properties.get("PrimaryKey") or {}
    attribute = key.get("Name", "id")
    kind = {"Number": "N", "Binary": "B"}.get(key.get("Type", "String"), "S")
    parameters = {
        "TableName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": attribute, "AttributeType": kind}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    yield Call("dynamodb", "CreateTable", parameters)


def _stream(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    parameters = _picked(properties, "ShardCount", "StreamModeDetails")
    on_demand = (parameters.get("StreamModeDetails") or {}).get("StreamMode") == "ON_DEMAND"
    if not on_demand:
        parameters.setdefault("ShardCount", 1)
    yield Call("kinesis", "CreateStream", {"StreamName": name, **parameters})


def _event_bus(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    yield Call("events", "CreateEventBus", {"Name": name})


def _archive(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    parameters = {
        "ArchiveName": name,
        "EventSourceArn": properties["SourceArn"],
        **_picked(properties, "Description", "RetentionDays"),
        **_attributes(properties, "EventPattern"),
    }
    yield Call("events", "CreateArchive", parameters, later=True)


def _connection(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    yield Call("events", "CreateConnection", {**properties, "Name": name})


def _api_destination(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    yield Call("events", "CreateApiDestination", {**properties, "Name": name})


def _rule(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    parameters = {
        "Name": name,
        **_picked(properties, "Description", "EventBusName", "ScheduleExpression", "State"),
        **_attributes(properties, "EventPattern"),
    }
    yield Call("events", "PutRule", parameters, later=True)
    targets = properties.get("Targets")
    if targets:
        parameters = {"Rule": name, "Targets": targets, **_picked(properties, "EventBusName")}
        yield Call("events", "PutTargets", parameters, later=True)


def _schedule_group(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    yield Call("scheduler", "CreateScheduleGroup", {"Name": name})


def _schedule(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    parameters = {
        "Name": name,
        **_picked(
            properties,
            *("Description", "EndDate", "FlexibleTimeWindow", "GroupName", "ScheduleExpression"),
            *("ScheduleExpressionTimezone", "StartDate", "State", "Target"),
        ),
    }
    yield Call("scheduler", "CreateSchedule", parameters, later=True)


def _parameter(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    parameters = {
        "Name": name,
        "Type": "String",
        **_picked(properties, "Description", "Type"),
        **_attributes(properties, "Value"),
    }
    yield Call("ssm", "PutParameter", parameters)


def _secret(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    generate = properties.get("GenerateSecretString")
    text = _text(properties.get("SecretString", ""))
    if generate is not None:
        length = int(generate.get("PasswordLength", 32))
        text = secrets.token_hex(length)[:length]
        if "GenerateStringKey" in generate:
            template = json.loads(generate.get("SecretStringTemplate", "{}"))
            text = json.dumps({**template, generate["GenerateStringKey"]: text})
    yield Call("secretsmanager", "CreateSecret", {"Name": name, "SecretString": text})


def _state_machine(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    file = properties.get("DefinitionUri")
    if isinstance(file, str) and properties.get("Definition") is None:
        raise ValueError(f"{file} is no file of JSON or YAML")
    definition = _text(properties.get("DefinitionString") or properties.get("Definition") or {})
    for variable, value in (properties.get("DefinitionSubstitutions") or {}).items():
        definition = definition.replace(f"${{{variable}}}", _text(value))
    role = properties.get("RoleArn") or properties.get("Role")
    parameters = {
        "name": name,
        "definition": definition,
        "roleArn": role or f"arn:aws:iam::{place.account}:role/{name}",
        "type": properties.get("StateMachineType") or properties.get("Type") or "STANDARD",
    }
    yield Call("stepfunctions", "CreateStateMachine", parameters)


def _alarm(name: str, properties: Properties, place: ServiceSettings) -> Iterable[Call]:
    yield Call("cloudwatch", "PutMetricAlarm", {**properties, "AlarmName": name}, later=True)


_MAKERS: dict[str, Callable[[str, Properties, ServiceSettings], Iterable[Call]]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::ApiDestination": _api_destination,
    "AWS::Events::Archive": _archive,
    "AWS::Events::Connection": _connection,
    "AWS::Events::EventBus": _event_bus,
    "AWS::Events::Rule": _rule,
    "AWS::Kinesis::Stream": _stream,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::SSM::Parameter": _parameter,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::Scheduler::ScheduleGroup": _schedule_group,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::Serverless::SimpleTable": _simple_table,
    "AWS::Serverless::StateMachine": _state_machine,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
