"""Topics of the embedded SNS whose subscribers are functions, and filter policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from workbench.local.delivery.event_patterns import InvalidPattern
from workbench.local.delivery.push.deliveries import Deliveries, Delivery, Failure
from workbench.local.delivery.push.sns_event import FilterPolicy, notification
from workbench.local.delivery.push.targets.dead_letters import to_queue
from workbench.local.services.corrections.traced_messages import trace_header

PRINCIPAL = "sns.amazonaws.com"


def correct(deliveries: Deliveries) -> None:
    """Make moto's SNS deliver to functions, and use filter policies as AWS does. Loads that part
    of moto."""
    from moto.sns import models, utils

    matcher: Any = utils.FilterPolicyMatcher
    subscription: Any = models.Subscription
    matcher.matches = _matches
    subscription.publish = _publishing(subscription.publish, deliveries)


def _matches(matcher: Any, attributes: Any, message: str) -> bool:
    try:
        policy = FilterPolicy(matcher.filter_policy, matcher.filter_policy_scope)
    except InvalidPattern:
        return False
    return policy.matches(message, attributes or {})


def _publishing(original: Callable[..., None], deliveries: Deliveries) -> Callable[..., None]:
    def publish(
        self: Any,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        message_structure: str | None = None,
        **rest: Any,
    ) -> None:
        if self.protocol != "lambda":
            named = {
                "subject": subject,
                "message_attributes": message_attributes,
                "message_structure": message_structure,
            }
            return original(self, message, message_id, **named, **rest)
        policy, attributes = self._filter_policy_matcher, message_attributes or {}
        if policy is not None and not policy.matches(attributes, message):
            return None
        if message_structure == "json":
            message = self._parse_message_structure(message, self.protocol)
        event = notification(self.arn, message_id, message, subject, attributes)

        def failed(failure: Failure) -> None:
            redrive = json.loads(self.attributes.get("RedrivePolicy") or "{}")
            if "deadLetterTargetArn" in redrive:
                to_queue(redrive["deadLetterTargetArn"], json.dumps(event["Records"][0]["Sns"]))

        deliveries.send(
            Delivery(
                self.endpoint,
                event,
                source=f"A message of the topic {self.topic.name}",
                source_arn=self.topic.arn,
                account=self.account_id,
                principal=PRINCIPAL,
                trace=trace_header(),
                failed=failed,
            )
        )
        return None

    return publish
