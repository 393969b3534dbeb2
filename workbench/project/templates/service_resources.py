"""What a template declares beside its functions: queues, tables, buckets and the like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from workbench.project.records import Resource
from workbench.project.templates.intrinsics import Resolved, Resolver
from workbench.project.templates.local_values import Place, physical_name
from workbench.project.tree import Node, read

# The types that the embedded services can be given (local/services/resources.py).
TYPES = frozenset(
    {
        "AWS::CloudWatch::Alarm",
        "AWS::DynamoDB::Table",
        "AWS::Events::ApiDestination",
        "AWS::Events::Archive",
        "AWS::Events::Connection",
        "AWS::Events::EventBus",
        "AWS::Events::Rule",
        "AWS::Kinesis::Stream",
        "AWS::Logs::SubscriptionFilter",
        "AWS::S3::Bucket",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::Scheduler::Schedule",
        "AWS::Scheduler::ScheduleGroup",
        "AWS::SecretsManager::Secret",
        "AWS::Serverless::SimpleTable",
        "AWS::Serverless::StateMachine",
        "AWS::StepFunctions::StateMachine",
    }
)


def resources(
    declared: Node | None, resolver: Resolver, place: Place, folder: Path
) -> Iterator[Resource]:
    """The resources of TYPES in a template's Resources section, in its order; those whose
    Condition does not hold are left out. Intrinsic functions in them are worked out, and the file
    of a state machine (its path taken from `folder`) is read."""
    for logical_id, node in (declared.mapping if declared is not None else {}).items():
        fields = node.mapping
        type_ = str(fields["Type"].value) if "Type" in fields else ""
        if type_ not in TYPES:
            continue
        condition = fields.get("Condition")
        if condition is not None and not resolver.condition(str(condition.value), condition):
            continue
        try:
            properties = resolver.value(fields["Properties"]) if "Properties" in fields else {}
            name = physical_name(type_, resolver.resource_name(logical_id), place)
        except RecursionError:
            continue
        if not isinstance(properties, dict):
            continue
        file = properties.get("DefinitionUri")
        if isinstance(file, str):
            properties = {**properties, "Definition": _read(folder / file)}
        yield Resource(logical_id, type_, name, cast("dict[str, object]", properties))


def _read(file: Path) -> Resolved:
    """A state machine's definition, JSON or YAML; none where it cannot be read: that the services
    will say."""
    tree, _ = read(file) if file.is_file() else (None, [])
    return _plain(tree) if tree is not None else None


def _plain(node: Node) -> Resolved:
    if isinstance(node.value, dict):
        return {key: _plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    return node.value
