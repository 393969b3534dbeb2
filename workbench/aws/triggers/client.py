"""Reading triggers and changing them: pause, resume, a test message, redrive. Blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import LambdaError, in_words
from workbench.aws.partly import partly
from workbench.aws.records import Target
from workbench.aws.triggers.trigger import (
    QueueContents,
    Trigger,
    function_name,
    of_front,
    of_mapping,
    of_source,
    unread,
)
from workbench.aws.words.policy import permission
from workbench.aws.workbench_surface import WorkbenchSurface

_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_REDRIVE_POLICY = "RedrivePolicy"
_MOVED_AT_ONCE = 10
_STATES = {True: "ENABLED", False: "DISABLED"}


class TriggerClient:
    """The triggers of one target. Safe to share between threads; methods raise LambdaError."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._clients = Clients(target)

    # -- reading

    def triggers(self, function: str | None = None) -> list[Trigger]:
        """What invokes a function, or (None) all there are.

        On AWS: event source mappings; for one function also its URLs, and who else may invoke it
        by the policies of it and its aliases. What of that may not be read is a trigger of the
        kind "Unread", whose detail says why.
        """
        if self.target.kind == "local" and self.target.endpoint_url:
            surface = WorkbenchSurface(self.target.endpoint_url)
            found = [*map(of_source, surface.sources()), *map(of_front, surface.fronts())]
            return [each for each in found if function is None or each.of(function)]
        if function is None:
            return list(self._mappings(None))
        parts: dict[str, Callable[[], Iterable[Trigger]]] = {
            "event source mappings": lambda: self._mappings(function),
            "function URLs": lambda: self._urls(function),
            "policy": lambda: self._permitted(function, None),
            "policies of aliases": lambda: self._permitted_by_aliases(function),
        }
        return partly(parts, lambda what, error: unread(function, what, str(error)))

    def _mappings(self, function: str | None) -> Iterator[Trigger]:
        given = {"FunctionName": function} if function else {}
        for page in self._pages("list_event_source_mappings", given):
            yield from map(of_mapping, page["EventSourceMappings"])

    def _urls(self, function: str) -> Iterator[Trigger]:
        for page in self._pages("list_function_url_configs", {"FunctionName": function}):
            for url in page["FunctionUrlConfigs"]:
                yield Trigger(
                    id=url["FunctionArn"],
                    kind="FunctionUrl",
                    name=function_name(url["FunctionArn"]),
                    functions=(function_name(url["FunctionArn"]),),
                    state="Listening",
                    arn=url["FunctionArn"],
                    url=url["FunctionUrl"],
                    routes=(f"ANY $default  ({url['AuthType']})",),
                )

    def _permitted_by_aliases(self, function: str) -> Iterator[Trigger]:
        for page in self._pages("list_aliases", {"FunctionName": function}):
            for alias in page["Aliases"]:
                yield from self._permitted(function, alias["Name"])

    def _permitted(self, function: str, qualifier: str | None) -> Iterator[Trigger]:
        given = {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {})}
        try:
            answer = self._call("lambda", "get_policy", **given)
        except LambdaError as error:
            if error.code == "ResourceNotFoundException":  # it has none
                return
            raise
        for number, statement in enumerate(json.loads(answer["Policy"])["Statement"]):
            name = f"{function}:{qualifier}" if qualifier else function
            sid = str(statement.get("Sid") or number)
            words = permission(statement)
            yield Trigger(f"Policy {name} {sid}", "Policy", sid, (name,), detail=words)

    def contents(self, trigger: Trigger) -> QueueContents:
        """What an SQS queue and its dead-letter queue hold now."""
        found = self._attributes(self._queue_url(trigger.arn or ""), *_COUNTS, _REDRIVE_POLICY)
        dead = _dead_letters(found)
        there = self._attributes(self._queue_url(dead), _COUNTS[0]) if dead else {}
        return QueueContents(
            int(found.get(_COUNTS[0], 0)),
            int(found.get(_COUNTS[1], 0)),
            dead.rpartition(":")[2] if dead else None,
            int(there.get(_COUNTS[0], 0)),
        )

    def _attributes(self, url: str, *names: str) -> Mapping[str, str]:
        answer = self._call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=list(names))
        attributes: Mapping[str, str] = answer.get("Attributes", {})
        return attributes

    # -- changing

    def set_enabled(self, trigger: Trigger, enabled: bool) -> None:
        """Pause it or let it go on: a mapping, a rule or a schedule; see `why_not_paused`."""
        if trigger.uuid is not None:
            change = {"UUID": trigger.uuid, "Enabled": enabled}
            self._call("lambda", "update_event_source_mapping", **change)
            return
        resource = (trigger.arn or "").split(":", 5)[5]
        if trigger.kind == "Rule":
            bus, _, name = resource.removeprefix("rule/").rpartition("/")
            operation = "enable_rule" if enabled else "disable_rule"
            self._call("events", operation, Name=name, EventBusName=bus or "default")
        else:
            group, _, name = resource.removeprefix("schedule/").partition("/")
            found = self._call("scheduler", "get_schedule", Name=name, GroupName=group)
            kept = {key: value for key, value in found.items() if key not in _NO_INPUT}
            self._call("scheduler", "update_schedule", **{**kept, "State": _STATES[enabled]})

    def redrive(self, trigger: Trigger) -> str:
        """Move what is in the dead-letter queue of a queue back into it; says what was done.

        AWS does it as a task of its own; here the messages are received and sent again.
        """
        arn = trigger.arn or ""
        url = self._queue_url(arn)
        dead = _dead_letters(self._attributes(url, _REDRIVE_POLICY))
        if dead is None:
            raise LambdaError(
                "NoDeadLetterQueue",
                f"The queue {trigger.name} has no dead-letter queue",
                advice="Its RedrivePolicy names one.",
            )
        name = dead.rpartition(":")[2]
        if self.target.kind == "aws":
            self._call("sqs", "start_message_move_task", SourceArn=dead, DestinationArn=arn)
            return f"SQS is moving the messages of {name} to {trigger.name}."
        moved = self._move(self._queue_url(dead), url)
        if not moved:
            return f"There is nothing in {name}."
        return f"Moved {moved:,} message{'s' * (moved != 1)} from {name} to {trigger.name}."

    def _move(self, source: str, destination: str) -> int:
        """Move what is in `source` now: what comes while it goes on stays there, or messages that
        fail again at once would go round for ever."""
        waiting, moved = int(self._attributes(source, _COUNTS[0])[_COUNTS[0]]), 0
        while moved < waiting:
            answer = self._call(
                "sqs",
                "receive_message",
                QueueUrl=source,
                MaxNumberOfMessages=min(_MOVED_AT_ONCE, waiting - moved),
                MessageAttributeNames=["All"],
                AttributeNames=["MessageGroupId"],
                WaitTimeSeconds=0,
            )
            messages = answer.get("Messages", [])
            if not messages:
                break
            for message in messages:
                again = {"QueueUrl": destination, "MessageBody": message["Body"]}
                if message.get("MessageAttributes"):
                    again["MessageAttributes"] = message["MessageAttributes"]
                if group := message.get("Attributes", {}).get("MessageGroupId"):
                    again |= {"MessageGroupId": group}
                    if destination.endswith(".fifo"):
                        again["MessageDeduplicationId"] = message["MessageId"]
                self._call("sqs", "send_message", **again)
                handle = message["ReceiptHandle"]
                self._call("sqs", "delete_message", QueueUrl=source, ReceiptHandle=handle)
                moved += 1
        return moved

    def _queue_url(self, arn: str) -> str:
        account, name = arn.split(":")[4:6]
        given = {"QueueName": name, "QueueOwnerAWSAccountId": account}
        return str(self._call("sqs", "get_queue_url", **given)["QueueUrl"])

    # -- test messages

    def key_names(self, trigger: Trigger) -> list[str]:
        """The attributes that the key of a DynamoDB trigger's table has."""
        table = self._call("dynamodb", "describe_table", TableName=trigger.name)["Table"]
        return [each["AttributeName"] for each in table["KeySchema"]]

    def send(self, trigger: Trigger, message: dict[str, Any]) -> str:
        """Send a test message as `trigger_messages.fields` describes it; says what was done."""
        from workbench.aws.triggers.messages import request

        name = trigger.name
        url = self._queue_url(trigger.arn or "") if trigger.kind == "SQS" else ""
        with in_words(self.target):
            asked = request(trigger, message, url)
        answer = self._call(asked.service, asked.operation, **asked.parameters)
        if answer.get("FailedEntryCount"):
            entry = answer["Entries"][0]
            raise LambdaError(entry["ErrorCode"], entry.get("ErrorMessage", "It was refused"))
        sent = answer.get("MessageId") or answer.get("SequenceNumber")
        return f"Sent to {name}" + (f": {sent}." if sent else ".")

    # --

    def _call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        client: Any = self._clients.service(service)
        with in_words(self.target):
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
            return answer

    def _pages(self, operation: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
        paginator = self._clients.service("lambda").get_paginator(operation)
        with in_words(self.target):
            yield from paginator.paginate(**parameters)


# What GetSchedule tells and UpdateSchedule does not take.
_NO_INPUT = {"Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"}


def _dead_letters(attributes: Mapping[str, str]) -> str | None:
    policy = attributes.get(_REDRIVE_POLICY)
    return str(json.loads(policy)["deadLetterTargetArn"]) if policy else None


def why_not_paused(trigger: Trigger) -> str | None:
    """The reason why a trigger cannot be paused or resumed, None when it can."""
    if trigger.uuid is not None or trigger.kind in ("Rule", "Schedule"):
        if trigger.state in ("Enabled", "Disabled"):
            return None
        return f"It is {trigger.state}: wait until that is over."
    if trigger.is_front:
        return "A front door cannot be paused; reserved concurrency 0 stops its function."
    if trigger.kind == "Bridge":
        return "A bridge cannot be paused; ctrl+c where it runs ends it."
    if trigger.kind == "Unread":
        return "What could not be read cannot be paused."
    if trigger.kind == "Policy":
        return "A permission cannot be paused: RemovePermission takes it away."
    return f"{trigger.kind} has no pause: only its configuration starts and ends this."


def why_not_redriven(trigger: Trigger) -> str | None:
    """The reason why nothing can be redriven, None when it may be."""
    if trigger.kind == "SQS":
        return None
    return "Redrive moves messages back from a dead-letter queue: only SQS queues have that."
