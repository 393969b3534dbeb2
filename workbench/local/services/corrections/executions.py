"""Executions of state machines that nobody named: moto calls them all "None", so there could be
only one; AWS gives each a UUID."""

from __future__ import annotations

import json
import uuid

from workbench.local.http.messages import Request


def name_execution(request: Request) -> None:
    """Give a StartExecution request without a name one. Leaves any other as it is."""
    if request.headers.get("x-amz-target") != "AWSStepFunctions.StartExecution":
        return
    try:
        members = json.loads(request.body)
    except ValueError:
        return
    if isinstance(members, dict) and not members.get("name"):
        request.body = json.dumps({**members, "name": str(uuid.uuid4())}).encode()
