"""What a function gets of a topic's message (lambda-facts §8.1), and which messages pass a filter
policy (SNS's developer guide, "Subscription filter policies")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.local.delivery.event_patterns import Predicate, compile_object

Attributes = Mapping[str, Mapping[str, Any]]
"""By name, each with its Type and Value."""


def notification(
    subscription_arn: str,
    message_id: str,
    message: str,
    subject: str | None,
    attributes: Attributes,
) -> dict[str, Any]:
    """The event with its one record. It is not signed by anybody: Signature is a word."""
    topic = subscription_arn.rpartition(":")[0]
    region = topic.split(":")[3]
    now = datetime.now(UTC)
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription_arn,
                "Sns": {
                    "Type": "Notification",
                    "MessageId": message_id,
                    "TopicArn": topic,
                    "Subject": subject,
                    "Message": message,
                    "Timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
                    "SignatureVersion": "1",
                    "Signature": "LOCAL",
                    "SigningCertUrl": f"https://sns.{region}.amazonaws.com/"
                    "SimpleNotificationService-00000000000000000000000000000000.pem",
                    "UnsubscribeUrl": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe"
                    f"&SubscriptionArn={subscription_arn}",
                    "MessageAttributes": {
                        name: {"Type": given["Type"], "Value": given["Value"]}
                        for name, given in attributes.items()
                    },
                },
            }
        ]
    }


class FilterPolicy:
    """A subscription's policy. `scope` is "MessageAttributes" or "MessageBody"; raises
    InvalidPattern."""

    def __init__(self, policy: Mapping[str, Any], scope: str) -> None:
        self._predicate: Predicate | None = compile_object(policy) if policy else None
        self._of_body = scope == "MessageBody"

    def matches(self, message: str, attributes: Attributes) -> bool:
        """Whether a message is for the subscription."""
        if self._predicate is None:
            return True
        if not self._of_body:
            return self._predicate({name: _value(given) for name, given in attributes.items()})
        try:
            body = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return isinstance(body, dict) and self._predicate(body)


def _value(attribute: Mapping[str, Any]) -> Any:
    """An attribute's value as policies see it; binary ones are there, but equal nothing."""
    kind, value = attribute["Type"], attribute["Value"]
    if kind.startswith("Binary"):
        return None
    if kind.startswith("Number") or kind == "String.Array":
        try:
            return json.loads(str(value))
        except (ValueError, RecursionError):
            return value
    return value
