"""Making a bridge's resources, receiving what they send, removing them. Blocks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.bridges.bridge import (
    RETENTION_SECONDS,
    VISIBILITY_SECONDS,
    Bridge,
    NotificationStep,
    QueueStep,
    RuleStep,
    ScheduleStep,
    Step,
    SubscriptionStep,
    TargetStep,
    merged,
    steps,
    without,
)
from workbench.aws.clients import Clients
from workbench.aws.errors import LambdaError, in_words
from workbench.aws.guard import permitted
from workbench.aws.records import Target

_GONE = frozenset(
    ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NoSuchBucket", "NotFound",
     "NotFoundException", "ResourceNotFoundException"]
)  # fmt: skip
_WAIT_SECONDS = 10  # of a long poll
_MOST = 10
# S3 looks at once whether it may send to a queue whose policy takes a moment to be known.
_VALIDATING_SECONDS = 15.0
_VALIDATING_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the queue."""

    handle: str
    body: str


class BridgeClient:
    """One bridge at `target`. Its methods raise LambdaError.

    What changes something asks the target's guard, which logs it; whoever calls has been agreed to
    by a person. Receiving from the bridge's own queue, and deleting there, is not logged.
    """

    def __init__(self, target: Target, bridge: Bridge) -> None:
        self.target = target
        self.bridge = bridge
        self._clients = Clients(target)
        self._polling = Clients(replace(target, guard=None))
        self._queue_url = ""
        self.subscription_arn = ""

    def notifications(self, step: NotificationStep) -> dict[str, Any]:
        """The bucket's NotificationConfiguration as it is."""
        answer = self._call("s3", "get_bucket_notification_configuration", Bucket=step.bucket)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def make(self, begun: Callable[[Bridge], None]) -> None:
        """Make all of it, or nothing: what is there already is removed when a step fails.

        `begun` gets the bridge before each step, with how many steps may have been carried out; it
        is to be kept until `remove` has succeeded.
        """
        for number, step in enumerate(steps(self.bridge), start=1):
            before, self.bridge = self.bridge, replace(self.bridge, begun=number)
            begun(self.bridge)
            try:
                with permitted(self.target):
                    self._make(step)
            except LambdaError as error:
                if error.status is not None and error.status < 500:  # a no: nothing was made
                    self.bridge = before
                    begun(before)
                self._undo_after(error)
                raise
            except BaseException:
                self.remove()
                raise

    def _undo_after(self, error: LambdaError) -> None:
        try:
            self.remove()
        except LambdaError as second:
            raise LambdaError(
                error.code, error.message, advice=f"{error.advice} {second}".strip()
            ) from error

    def remove(self) -> None:
        """Remove what may have been made, the last first. One that fails keeps no other from being
        removed."""
        failures: list[LambdaError] = []
        for step in reversed(steps(self.bridge)[: self.bridge.begun]):
            try:
                with permitted(self.target):
                    self._remove(step)
            except LambdaError as error:
                if error.code not in _GONE:
                    failures.append(error)
        if failures:
            first = failures[0]
            raise LambdaError(
                first.code,
                f"Not all of the bridge {self.bridge.name} could be removed: {first}",
                advice="`workbench bridge --clean` tries again.",
                status=first.status,
            ) from first
        self.bridge = replace(self.bridge, begun=0)

    def receive(self) -> list[Message]:
        """Messages that wait, or that come within a few seconds."""
        with in_words(self.target):
            answer = self._polling.service("sqs").receive_message(
                QueueUrl=self._url(), MaxNumberOfMessages=_MOST, WaitTimeSeconds=_WAIT_SECONDS
            )
        return [Message(each["ReceiptHandle"], each["Body"]) for each in answer.get("Messages", ())]

    def done(self, message: Message) -> None:
        """Delete a message."""
        with in_words(self.target):
            self._polling.service("sqs").delete_message(
                QueueUrl=self._url(), ReceiptHandle=message.handle
            )

    # -- steps

    def _make(self, step: Step) -> None:
        match step:
            case QueueStep():
                attributes = {
                    "Policy": json.dumps(step.policy),
                    "VisibilityTimeout": str(VISIBILITY_SECONDS),
                    "MessageRetentionPeriod": str(RETENTION_SECONDS),
                }
                made = self._call("sqs", "create_queue", QueueName=step.name, Attributes=attributes)
                self._queue_url = made["QueueUrl"]
            case NotificationStep():
                self._notify(step)
            case SubscriptionStep():
                given: dict[str, Any] = {"ReturnSubscriptionArn": True}
                if step.filter_policy:
                    given["Attributes"] = {"FilterPolicy": step.filter_policy}
                queue = {"TopicArn": step.topic_arn, "Protocol": "sqs", "Endpoint": step.queue_arn}
                self.subscription_arn = self._call("sns", "subscribe", **queue, **given)[
                    "SubscriptionArn"
                ]
            case RuleStep():
                what = (
                    {"EventPattern": step.pattern}
                    if step.pattern
                    else {"ScheduleExpression": step.expression}
                )
                self._call("events", "put_rule", Name=step.name, EventBusName=step.bus, **what)
            case TargetStep():
                target = {"Id": step.id, "Arn": step.queue_arn}
                answer = self._call(
                    "events", "put_targets", Rule=step.rule, EventBusName=step.bus, Targets=[target]
                )
                _check_entries(answer)
            case ScheduleStep():
                self._call(
                    "scheduler",
                    "create_schedule",
                    Name=step.name,
                    ScheduleExpression=step.expression,
                    FlexibleTimeWindow={"Mode": "OFF"},
                    Target={"Arn": step.queue_arn, "RoleArn": step.role_arn},
                )

    def _notify(self, step: NotificationStep) -> None:
        until = time.monotonic() + _VALIDATING_SECONDS
        while True:
            there = self.notifications(step)
            try:
                self._put_notifications(step.bucket, merged(there, step))
                return
            except LambdaError as error:
                validating = "Unable to validate" in error.message
                if not validating or time.monotonic() > until or self.target.kind != "aws":
                    raise
            time.sleep(_VALIDATING_PAUSE)

    def _put_notifications(
        self, bucket: str, configuration: Mapping[str, Any], validate: bool = True
    ) -> None:
        self._call(
            "s3",
            "put_bucket_notification_configuration",
            Bucket=bucket,
            NotificationConfiguration=configuration,
            SkipDestinationValidation=not validate,
        )

    def _remove(self, step: Step) -> None:
        match step:
            case QueueStep():
                self._call("sqs", "delete_queue", QueueUrl=self._url())
            case NotificationStep():
                there = self.notifications(step)
                if (rest := without(there, step)) != there:
                    # Another target of the bucket's may be gone: that must not keep ours there.
                    self._put_notifications(step.bucket, rest, validate=False)
            case SubscriptionStep():
                for arn in self._subscriptions(step):
                    self._call("sns", "unsubscribe", SubscriptionArn=arn)
            case RuleStep():
                self._call("events", "delete_rule", Name=step.name, EventBusName=step.bus)
            case TargetStep():
                answer = self._call(
                    "events", "remove_targets", Rule=step.rule, EventBusName=step.bus, Ids=[step.id]
                )
                _check_entries(answer)
            case ScheduleStep():
                self._call("scheduler", "delete_schedule", Name=step.name)

    def _subscriptions(self, step: SubscriptionStep) -> list[str]:
        """The queue's: searched for where it was made by a process that has ended."""
        if self.subscription_arn:
            return [self.subscription_arn]
        paginator = self._clients.service("sns").get_paginator("list_subscriptions_by_topic")
        with in_words(self.target):
            return [
                each["SubscriptionArn"]
                for page in paginator.paginate(TopicArn=step.topic_arn)
                for each in page["Subscriptions"]
                if each["Endpoint"] == step.queue_arn
            ]

    # --

    def _url(self) -> str:
        if not self._queue_url:
            found = self._call("sqs", "get_queue_url", QueueName=self.bridge.name)
            self._queue_url = found["QueueUrl"]
        return self._queue_url

    def _call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        client: Any = self._clients.service(service)
        with in_words(self.target):
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
            return answer


def _check_entries(answer: Mapping[str, Any]) -> None:
    if answer.get("FailedEntryCount"):
        entry = answer["FailedEntries"][0]
        raise LambdaError(entry["ErrorCode"], entry.get("ErrorMessage", "refused"), status=400)
