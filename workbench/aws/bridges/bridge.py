"""A bridge: real events of an account, or of any endpoint, for a function of the local Lambda.

What AWS pushes to functions (S3, SNS, EventBridge) is configured to send to a queue instead, which
the bridge polls. Here are the rules, without I/O: which resources a bridge consists of and in which
order they are made. `bridge_client.py` makes and removes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

PREFIX = "workbench-bridge-"
"""What the names of everything that bridges make begin with."""

VISIBILITY_SECONDS = 60
RETENTION_SECONDS = 24 * 3600  # of a queue that a crash left behind
_LONGEST_NAME = 64  # of a rule or a schedule; a queue's may have 80


class BridgeError(Exception):
    """What was asked for cannot be a bridge. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class BucketSource:
    """Notifications of an S3 bucket: `events` as in its configuration ("s3:ObjectCreated:*")."""

    bucket: str
    prefix: str = ""
    suffix: str = ""
    events: tuple[str, ...] = ("s3:ObjectCreated:*",)


@dataclass(frozen=True, slots=True)
class TopicSource:
    """Messages of an SNS topic, those that pass `filter_policy` (JSON) if there is one."""

    topic_arn: str
    filter_policy: str = ""


@dataclass(frozen=True, slots=True)
class RuleSource:
    """Events of an EventBridge bus that match `pattern` (JSON), or a schedule's (`expression`)."""

    pattern: str = ""
    expression: str = ""
    bus: str = "default"


@dataclass(frozen=True, slots=True)
class ScheduleSource:
    """EventBridge Scheduler's, which sends as the role `role_arn`."""

    expression: str
    role_arn: str


Source = BucketSource | TopicSource | RuleSource | ScheduleSource


@dataclass(frozen=True, slots=True)
class Bridge:
    """One bridge. `function` is the local function's name, with `:qualifier` where one was given.

    `account`, `region`, `profile` and `endpoint_url` say where its resources are; the last is None
    for AWS itself. `begun` is how many of `steps` may have been carried out.
    """

    id: str
    function: str
    source: Source
    account: str
    region: str
    partition: str = "aws"
    profile: str | None = None
    endpoint_url: str | None = None
    begun: int = 0

    @property
    def name(self) -> str:
        """The name of all that it makes."""
        function = re.sub(r"[^A-Za-z0-9_-]", "-", self.function)
        room = _LONGEST_NAME - len(PREFIX) - len(self.id) - 1
        return f"{PREFIX}{function[:room]}-{self.id}"

    @property
    def queue_arn(self) -> str:
        """The queue's."""
        return f"arn:{self.partition}:sqs:{self.region}:{self.account}:{self.name}"

    @property
    def source_arn(self) -> str:
        """What sends to the queue."""
        match self.source:
            case BucketSource():
                return f"arn:{self.partition}:s3:::{self.source.bucket}"
            case TopicSource():
                return self.source.topic_arn
            case RuleSource():
                bus = self.source.bus.rpartition("/")[2]
                path = self.name if bus == "default" else f"{bus}/{self.name}"
                return f"arn:{self.partition}:events:{self.region}:{self.account}:rule/{path}"
            case ScheduleSource():
                return (
                    f"arn:{self.partition}:scheduler:{self.region}:{self.account}:schedule/"
                    f"default/{self.name}"
                )

    @property
    def title(self) -> str:
        """The source in a few words."""
        match self.source:
            case BucketSource():
                return f"S3 {self.source.bucket}"
            case TopicSource():
                return f"SNS {self.source.topic_arn.rpartition(':')[2]}"
            case RuleSource() if self.source.pattern:
                return f"events of bus {self.source.bus.rpartition('/')[2]}"
        return self.source.expression

    @property
    def place(self) -> str:
        """Where its resources are, in words."""
        where = f"account {self.account}, region {self.region}"
        if self.endpoint_url is not None:
            return f"{where}, at {self.endpoint_url}"
        return f"{where}, AWS" + (f" with the profile {self.profile}" if self.profile else "")


# What a bridge consists of. Each is made with one call that changes something.


@dataclass(frozen=True, slots=True)
class QueueStep:
    """The queue, with the policy that lets the source send to it."""

    name: str
    arn: str
    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotificationStep:
    """A queue configuration added to the bucket's notifications."""

    bucket: str
    configuration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SubscriptionStep:
    """The queue's subscription to the topic."""

    topic_arn: str
    queue_arn: str
    filter_policy: str


@dataclass(frozen=True, slots=True)
class RuleStep:
    """A rule of an event bus."""

    name: str
    arn: str
    bus: str
    pattern: str
    expression: str


@dataclass(frozen=True, slots=True)
class TargetStep:
    """The queue as the rule's target."""

    rule: str
    bus: str
    id: str
    queue_arn: str


@dataclass(frozen=True, slots=True)
class ScheduleStep:
    """A schedule whose target is the queue."""

    name: str
    arn: str
    expression: str
    role_arn: str
    queue_arn: str


Step = QueueStep | NotificationStep | SubscriptionStep | RuleStep | TargetStep | ScheduleStep


def new_bridge(function: str, source: Source, **place: Any) -> Bridge:
    """A bridge with an id of its own; `place` are the members that say where it is. Raises
    BridgeError."""
    bridge = Bridge(uuid4().hex[:8], function, source, **place)
    match source:
        case TopicSource(topic_arn=arn):
            if arn.endswith(".fifo"):
                raise BridgeError(f"A FIFO topic invokes no function on AWS: {arn}.")
            if arn.count(":") != 5 or arn.split(":")[2] != "sns":
                raise BridgeError(f"{arn} is not the ARN of a topic.")
            if arn.split(":")[3] != bridge.region:
                raise BridgeError(
                    f"The topic is in {arn.split(':')[3]}, not in {bridge.region}: give its region "
                    "with --region."
                )
            _check_json(source.filter_policy, "filter policy")
        case RuleSource():
            _check_json(source.pattern, "event pattern")
            if source.expression and source.bus.rpartition("/")[2] != "default":
                raise BridgeError("Only the default event bus has schedules.")
    return bridge


def _check_json(text: str, what: str) -> None:
    try:
        fine = not text or isinstance(json.loads(text), dict)
    except ValueError:
        fine = False
    if not fine:
        raise BridgeError(f"The {what} is not a JSON object: {text}")


def steps(bridge: Bridge) -> tuple[Step, ...]:
    """What the bridge consists of, in the order in which it is made."""
    queue = QueueStep(bridge.name, bridge.queue_arn, _policy(bridge))
    source = bridge.source
    match source:
        case BucketSource():
            return queue, NotificationStep(source.bucket, _notification(bridge, source))
        case TopicSource():
            subscription = SubscriptionStep(source.topic_arn, queue.arn, source.filter_policy)
            return queue, subscription
        case RuleSource():
            arn = bridge.source_arn
            rule = RuleStep(bridge.name, arn, source.bus, source.pattern, source.expression)
            return queue, rule, TargetStep(bridge.name, source.bus, "bridge", queue.arn)
        case ScheduleSource():
            arn, role = bridge.source_arn, source.role_arn
            return queue, ScheduleStep(bridge.name, arn, source.expression, role, queue.arn)


_PRINCIPALS = {BucketSource: "s3", TopicSource: "sns", RuleSource: "events"}


def _policy(bridge: Bridge) -> dict[str, Any]:
    source = bridge.source
    statement: dict[str, Any] = {
        "Sid": "bridge",
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": bridge.queue_arn,
    }
    if isinstance(source, ScheduleSource):
        statement["Principal"] = {"AWS": source.role_arn}
    else:
        statement["Principal"] = {"Service": f"{_PRINCIPALS[type(source)]}.amazonaws.com"}
        statement["Condition"] = {"ArnEquals": {"aws:SourceArn": bridge.source_arn}}
    if isinstance(source, BucketSource):  # the ARN of a bucket does not tell whose it is
        statement["Condition"]["StringEquals"] = {"aws:SourceAccount": bridge.account}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _notification(bridge: Bridge, source: BucketSource) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        "Id": bridge.name,
        "QueueArn": bridge.queue_arn,
        "Events": list(source.events),
    }
    given = (("prefix", source.prefix), ("suffix", source.suffix))
    rules = [{"Name": name, "Value": value} for name, value in given if value]
    if rules:
        configuration["Filter"] = {"Key": {"FilterRules": rules}}
    return configuration


_QUEUES = "QueueConfigurations"


def merged(there: Mapping[str, Any], step: NotificationStep) -> dict[str, Any]:
    """A bucket's NotificationConfiguration with the step's added, all else as it was."""
    return {**there, _QUEUES: [*without(there, step).get(_QUEUES, ()), step.configuration]}


def without(there: Mapping[str, Any], step: NotificationStep) -> dict[str, Any]:
    """A bucket's NotificationConfiguration without the step's, all else as it is now."""
    mine = step.configuration["Id"]
    kept = [each for each in there.get(_QUEUES, ()) if each.get("Id") != mine]
    rest = {name: value for name, value in there.items() if name != _QUEUES}
    return {**rest, _QUEUES: kept} if kept else rest


def kept_in_words(there: Mapping[str, Any]) -> str:
    """What a bucket notifies already, and goes on to."""
    found: list[str] = [
        configuration.get(member, "")
        for kind, member in (
            ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
            (_QUEUES, "QueueArn"),
            ("TopicConfigurations", "TopicArn"),
        )
        for configuration in there.get(kind, ())
    ]
    names = [arn.rpartition(":")[2] for arn in found]
    if "EventBridgeConfiguration" in there:
        names.append("EventBridge")
    return f"beside those to {', '.join(names)}, which stay" if names else "the bucket's only one"


def in_words(step: Step, kept: str = "") -> tuple[str, str, str]:
    """A step as a row for a person: what it is, its name, what there is to know. `kept` is what
    `kept_in_words` says of the bucket."""
    match step:
        case QueueStep():
            statement = step.policy["Statement"][0]
            who = next(iter(statement["Principal"].values()))
            source = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn")
            of = f" for {source}" if source else ""
            return "queue", step.arn, f"policy: {who} may sqs:SendMessage{of}"
        case NotificationStep():
            events = ", ".join(step.configuration["Events"])
            rules = step.configuration.get("Filter", {}).get("Key", {}).get("FilterRules", ())
            only = "".join(f" {rule['Name']} {rule['Value']}" for rule in rules)
            return "notification", f"bucket {step.bucket}", f"{events}{only}; {kept}".rstrip("; ")
        case SubscriptionStep():
            only = f", only {step.filter_policy}" if step.filter_policy else ""
            return "subscription", step.topic_arn, f"sqs, to the queue{only}"
        case RuleStep():
            return "rule", step.arn, step.pattern or step.expression
        case TargetStep():
            return "target", f"of rule {step.rule}", "the queue"
        case ScheduleStep():
            return "schedule", step.arn, f"{step.expression}, to the queue as {step.role_arn}"


# On disk


_SOURCES = {kind.__name__: kind for kind in (BucketSource, TopicSource, RuleSource, ScheduleSource)}


def to_document(bridge: Bridge) -> dict[str, Any]:
    """The bridge as JSON."""
    source = {"kind": type(bridge.source).__name__, **asdict(bridge.source)}
    return {**asdict(bridge), "source": source}


def of_document(document: Mapping[str, Any]) -> Bridge:
    """The bridge of a document of `to_document`. Raises BridgeError for what is none."""
    try:
        members = dict(document["source"])
        if "events" in members:
            members["events"] = tuple(members["events"])
        source = _SOURCES[members.pop("kind")](**members)
        return Bridge(**{**document, "source": source})
    except (KeyError, TypeError, ValueError) as error:
        raise BridgeError(f"This is no bridge of this version: {error}") from None
