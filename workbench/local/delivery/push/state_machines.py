"""State machines as targets of rules and schedules: moto's do not reach them."""

from __future__ import annotations

import uuid


def start(arn: str, input: str) -> None:
    """Begin an execution of the state machine `arn`, named by a UUID as AWS names them, with this
    JSON text. Raises moto's errors when there is no such machine or the text is no JSON."""
    from moto.stepfunctions.responses import get_backend

    region, account = arn.split(":")[3:5]
    get_backend(account, region).start_execution(arn, str(uuid.uuid4()), input)
