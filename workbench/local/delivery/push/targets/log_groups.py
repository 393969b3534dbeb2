"""Log groups as targets of rules.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from workbench.local.delivery.push.deliveries import Delivery
from workbench.local.delivery.push.targets.sdk import SdkClient


class LogGroupSender:
    """Writes events into a stream of its own, whose name is a UUID."""

    in_order = False

    def __init__(self, logs: SdkClient) -> None:
        self._logs = logs
        self._stream = ""

    def close(self) -> None:
        """See Sender."""

    def deliver(self, delivery: Delivery) -> None:
        """See Sender."""
        group = delivery.target_arn.split(":", 6)[6].removesuffix(":*")
        if not self._stream:
            stream = str(uuid.uuid4())
            self._logs.call("CreateLogStream", {"logGroupName": group, "logStreamName": stream})
            self._stream = stream
        into = {"logGroupName": group, "logStreamName": self._stream}
        self._logs.call("PutLogEvents", {**into, "logEvents": [log_event(delivery.event)]})


def log_event(input: Any) -> dict[str, Any]:
    """The entry for a target's input: an input transformer may make `{"timestamp", "message"}`
    (milliseconds) of an event; any other is the message itself."""
    now = int(time.time() * 1000)
    if isinstance(input, dict) and input.keys() == {"timestamp", "message"}:
        message, given = input["message"], input["timestamp"]
        at = given if isinstance(given, int) else now
    else:
        message, at = input, now
    text = message if isinstance(message, str) else json.dumps(message)
    return {"timestamp": at, "message": text}
