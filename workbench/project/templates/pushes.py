"""What a template has push events to its functions: SAM's Events of type S3, SNS, EventBridgeRule,
CloudWatchEvent, Schedule, ScheduleV2 and CloudWatchLogs, and the permissions for it. State machines
have those of rules and schedules too.

As SAM does, each becomes the resource that makes it happen and a permission of the function's; what
starts a state machine does so by a role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.project.records import Resource
from workbench.project.templates.intrinsics import Resolver
from workbench.project.templates.local_values import Place
from workbench.project.tree import Node

Permission = dict[str, Any]
"""The members of AddPermission but FunctionName."""

_UNKNOWN = re.compile(r"<[^<>]+>")
_MACHINE = "AWS::Serverless::StateMachine"
_CONDITIONS = ("SourceAccount", "PrincipalOrgID", "EventSourceToken", "FunctionUrlAuthType")
_RULE = ("EventBusName", "Description")
_TARGET = ("Input", "InputPath", "InputTransformer", "RetryPolicy")
_SCHEDULE = (
    "Description", "EndDate", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone",
    "StartDate", "State",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pushes:
    """`resources` are those that SAM adds, `notifications` what buckets get by their names (like a
    bucket's LambdaConfigurations), `permissions` those of each function."""

    resources: tuple[Resource, ...]
    notifications: Mapping[str, list[dict[str, Any]]]
    permissions: Mapping[str, tuple[Permission, ...]]

    def with_notifications(self, declared: Resource) -> Resource:
        """A declared resource; if it is a bucket, with what functions are told of it."""
        added = self.notifications.get(declared.name)
        if declared.type != "AWS::S3::Bucket" or not added:
            return declared
        properties = dict(declared.properties)
        given = _mapping(properties.get("NotificationConfiguration"))
        functions = [*(given.get("LambdaConfigurations") or []), *added]
        properties["NotificationConfiguration"] = {**given, "LambdaConfigurations": functions}
        return replace(declared, properties=properties)


class PushReader:
    """Reads them. What an event refers to and is not known here is left as it is written."""

    def __init__(self, resolver: Resolver, place: Place) -> None:
        self._resolver = resolver
        self._place = place
        self._resources: list[Resource] = []
        self._notifications: dict[str, list[dict[str, Any]]] = {}
        self._permissions: dict[str, list[Permission]] = {}

    def read(self, declared: Node | None, functions: Mapping[str, Node | None]) -> Pushes:
        """The pushes of a Resources section. `functions` are the Events of SAM's functions, by
        the functions' names."""
        for name, events in functions.items():
            arn = self._place.arn("lambda", f"function:{name}")
            for id, type_, given in self._events(events):
                if not self._read_timed(name, f"{name}{id}", type_, arn, given):
                    self._read(name, f"{name}{id}", type_, arn, given)
        for logical_id, node in (declared.mapping if declared is not None else {}).items():
            self._permission(logical_id, node)
            self._machine(logical_id, node)
        permissions = {name: tuple(given) for name, given in self._permissions.items()}
        return Pushes(tuple(self._resources), self._notifications, permissions)

    def _events(self, events: Node | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
        chosen = self._resolver.select(events)
        for id, node in (chosen.mapping if chosen is not None else {}).items():
            event = self._resolver.select(node)
            value = self._resolver.value(event) if event is not None else None
            fields = _mapping(value)
            yield id, str(fields.get("Type", "")), _mapping(fields.get("Properties"))

    def _machine(self, logical_id: str, node: Node) -> None:
        """What starts a state machine of SAM's."""
        if "Type" not in node.mapping or node.mapping["Type"].value != _MACHINE:
            return
        properties = self._resolver.select(node.mapping.get("Properties"))
        events = properties.mapping.get("Events") if properties is not None else None
        arn = self._place.arn("states", f"stateMachine:{self._resolver.resource_name(logical_id)}")
        for id, type_, given in self._events(events):
            self._read_timed(None, f"{logical_id}{id}", type_, arn, given)

    def _read(self, function: str, name: str, type_: str, arn: str, given: dict[str, Any]) -> None:
        match type_:
            case "S3" if "Bucket" in given:
                self._bucket(function, name, arn, given)
            case "SNS" if "Topic" in given and not given.get("SqsSubscription"):
                topic = str(given["Topic"])
                chosen = _picked(given, "FilterPolicy", "FilterPolicyScope", "RedrivePolicy")
                subscription = {"TopicArn": topic, "Protocol": "lambda", "Endpoint": arn, **chosen}
                self._add("AWS::SNS::Subscription", name, subscription)
                self._allow(function, name, "sns.amazonaws.com", topic)
            case "CloudWatchLogs":
                group = str(given.get("LogGroupName", ""))
                filter = {
                    "LogGroupName": group,
                    "FilterPattern": given.get("FilterPattern", ""),
                    "DestinationArn": arn,
                }
                self._add("AWS::Logs::SubscriptionFilter", name, filter)
                source = self._place.arn("logs", f"log-group:{group}:*")
                self._allow(function, name, "logs.amazonaws.com", source)

    def _read_timed(
        self, function: str | None, name: str, type_: str, arn: str, given: dict[str, Any]
    ) -> bool:
        """Read a rule or a schedule, which may start a state machine (no `function`) as well;
        False for any other event."""
        match type_:
            case "EventBridgeRule" | "CloudWatchEvent":
                rule = {"EventPattern": given.get("Pattern"), **_picked(given, *_RULE)}
                self._rule(function, name, arn, given, rule)
            case "Schedule":
                rule = {"ScheduleExpression": given.get("Schedule"), **_picked(given, *_RULE)}
                self._rule(function, name, arn, given, rule)
            case "ScheduleV2":
                role = given.get("RoleArn") or self._role(function or name)
                target = {"Arn": arn, "RoleArn": role}
                target |= _picked(given, "Input", "RetryPolicy")
                target |= _dead_letters(given)
                schedule = {
                    "FlexibleTimeWindow": given.get("FlexibleTimeWindow") or {"Mode": "OFF"},
                    **_picked(given, *_SCHEDULE),
                    "Target": target,
                }
                self._add("AWS::Scheduler::Schedule", str(given.get("Name") or name), schedule)
            case _:
                return False
        return True

    def _bucket(self, function: str, name: str, arn: str, given: dict[str, Any]) -> None:
        bucket = str(given["Bucket"])
        kinds = given.get("Events") or []
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            told = {"Event": kind, "Function": arn, **_picked(given, "Filter")}
            self._notifications.setdefault(bucket, []).append(told)
        source = f"arn:{self._place.partition}:s3:::{bucket}"
        self._allow(function, name, "s3.amazonaws.com", source)

    def _rule(
        self, function: str | None, id: str, arn: str, given: dict[str, Any], rule: dict[str, Any]
    ) -> None:
        name = str(given.get("RuleName") or given.get("Name") or id)
        kind = "LambdaTarget" if function else "StepFunctionsTarget"
        state = given.get("State")
        if str(given.get("Enabled", "true")).lower() == "false":
            state = "DISABLED"
        target = {
            "Id": _mapping(given.get("Target")).get("Id") or f"{id}{kind}",
            "Arn": arn,
            **_picked(given, *_TARGET),
            **_dead_letters(given),
        }
        self._add("AWS::Events::Rule", name, {**rule, "State": state, "Targets": [target]})
        if function is None:
            return
        bus = str(given.get("EventBusName") or "default").rpartition("/")[2]
        path = name if bus == "default" else f"{bus}/{name}"
        source = self._place.arn("events", f"rule/{path}")
        self._allow(function, id, "events.amazonaws.com", source)

    def _permission(self, logical_id: str, node: Node) -> None:
        fields = node.mapping
        if "Type" not in fields or fields["Type"].value != "AWS::Lambda::Permission":
            return
        condition = fields.get("Condition")
        if condition is not None and not self._resolver.condition(str(condition.value), condition):
            return
        given = (
            _mapping(self._resolver.value(fields["Properties"])) if "Properties" in fields else {}
        )
        function = str(given.get("FunctionName", "")).rpartition(":function:")[2].split(":")[0]
        conditions = {name: str(given[name]) for name in _CONDITIONS if given.get(name)}
        # What only a deployment can tell, a placeholder here, may be anything.
        source = _UNKNOWN.sub("*", str(given.get("SourceArn") or ""))
        principal = str(given.get("Principal") or "")
        if principal.endswith(".amazonaws.com"):
            self._allow(function, logical_id, principal, source, **conditions)

    def _allow(
        self, function: str, name: str, principal: str, source: str, **conditions: str
    ) -> None:
        permission = {
            "StatementId": f"{name}Permission",
            "Action": "lambda:InvokeFunction",
            "Principal": principal,
            **({"SourceArn": source} if source.startswith("arn:") else {}),
            **conditions,
        }
        self._permissions.setdefault(function, []).append(permission)

    def _add(self, type_: str, name: str, properties: dict[str, Any]) -> None:
        given = {key: value for key, value in properties.items() if value is not None}
        self._resources.append(Resource(name, type_, name, given))

    def _role(self, function: str) -> str:
        return f"arn:{self._place.partition}:iam::{self._place.account}:role/{function}"


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _picked(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}


def _dead_letters(given: Mapping[str, Any]) -> dict[str, Any]:
    """A target's queue, where SAM is told its ARN; one that SAM would make itself is left out."""
    arn = _mapping(given.get("DeadLetterConfig")).get("Arn")
    return {"DeadLetterConfig": {"Arn": arn}} if arn else {}
