"""What a bridge's queue holds, as the event that AWS would have invoked the function with.

EventBridge's and S3's events are the message itself; SNS' is in an envelope that Lambda spells a
little differently (lambda-facts §8.1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.aws.bridges.bridge import BucketSource, ScheduleSource, Source, TopicSource


class NoEvent(Exception):
    """A message that is no event of the bridge's source. The message is a sentence."""


def event_of(source: Source, body: str, subscription_arn: str = "") -> bytes | None:
    """The event of a message's body; None for S3's test message, which functions do not get.

    `subscription_arn` is the queue's at a topic. Raises NoEvent.
    """
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if isinstance(source, ScheduleSource) and document is not None:
        return body.encode()  # a schedule's input is whatever JSON was given
    if not isinstance(document, dict):
        raise NoEvent(f"A message is no JSON object, and was left out: {body[:80]}")
    if isinstance(source, BucketSource) and document.get("Event") == "s3:TestEvent":
        return None
    if isinstance(source, TopicSource):
        return json.dumps(_notification(document, subscription_arn), ensure_ascii=False).encode()
    return body.encode()


def _notification(envelope: Mapping[str, Any], subscription_arn: str) -> dict[str, Any]:
    if envelope.get("Type") != "Notification" or "Message" not in envelope:
        raise NoEvent(
            "A message is no notification of SNS, and was left out: has the subscription "
            "RawMessageDelivery?"
        )
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription_arn,
                "Sns": {
                    "Type": "Notification",
                    "MessageId": envelope.get("MessageId"),
                    "TopicArn": envelope.get("TopicArn"),
                    "Subject": envelope.get("Subject"),
                    "Message": envelope["Message"],
                    "Timestamp": envelope.get("Timestamp"),
                    "SignatureVersion": envelope.get("SignatureVersion"),
                    "Signature": envelope.get("Signature"),
                    "SigningCertUrl": envelope.get("SigningCertURL"),
                    "UnsubscribeUrl": envelope.get("UnsubscribeURL"),
                    "MessageAttributes": envelope.get("MessageAttributes") or {},
                },
            }
        ]
    }


def in_words(event: bytes) -> str:
    """What an event is about, in a few words."""
    document = json.loads(event)
    if not isinstance(document, dict):
        return "a schedule's input"
    record: dict[str, Any] = next(iter(document.get("Records") or ()), {})
    if "s3" in record:
        return f"{record.get('eventName')} {record['s3'].get('object', {}).get('key', '')}"
    if "Sns" in record:
        subject, message = record["Sns"]["Subject"], str(record["Sns"]["Message"])
        return f"message {subject or message[:60]}"
    if "detail-type" in document:
        return f"{document['detail-type']} of {document.get('source')}"
    return "an event"
