"""What became of an invocation beyond its answer: of one that was queued, and what the service that
sends such events makes of the answer."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from workbench.cli.output import note

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.records import Invocation

_MARGIN_S = 30.0  # beyond the function's timeout: it starts, and may have to wait its turn
_LOOK_S = 0.05


def of_queued(client: LambdaClient, root: Path, invocation: Invocation) -> Invocation:
    """The first attempt of an asynchronous invocation of the project's local Lambda, once it is in
    the history; what was accepted when it does not get there."""
    from workbench.aws.recording import invocation_of
    from workbench.project.history import History
    from workbench.project.state_dir import StateDir

    deadline = time.monotonic() + _seconds(client, invocation)
    history = History(StateDir(root).history_db)
    try:
        while time.monotonic() < deadline:
            found = history.with_request_id(client.target.key, invocation.request_id)
            if found is not None:
                return invocation_of(history.get(found.id), None)
            time.sleep(_LOOK_S)
    finally:
        history.close()
    note("It is not done yet: `workbench history` will show it.")
    return invocation


def prepared(client: LambdaClient, event: bytes) -> bytes:
    """The event as it is sent: one of a custom resource gets a ResponseURL that can be answered,
    at the local Lambda."""
    from workbench.aws import custom_resources
    from workbench.aws.workbench_surface import WorkbenchSurface

    if client.target.kind != "local" or not client.target.endpoint_url:
        return event
    return custom_resources.with_live_url(event, WorkbenchSurface(client.target.endpoint_url))


def tell(client: LambdaClient, invocation: Invocation) -> None:
    """Print what the sender of the event makes of the answer, where it has rules."""
    from workbench.aws import custom_resources
    from workbench.aws.workbench_surface import WorkbenchSurface
    from workbench.project.answers import verdict

    url = client.target.endpoint_url
    if url and custom_resources.waits_for_answer(invocation.event):
        seconds = _seconds(client, invocation) if invocation.function_error is None else 0.0
        found, body = custom_resources.answer(invocation.event, WorkbenchSurface(url), seconds)
        note(found.line)
        if body is not None:
            note(f"ResponseURL got: {body.decode(errors='replace')}")
    elif invocation.function_error is None and invocation.status_code != 204:
        of_answer = verdict(json.loads(invocation.event), invocation.payload)
        if of_answer is not None:
            note(of_answer.line)


def _seconds(client: LambdaClient, invocation: Invocation) -> float:
    return client.function(invocation.function, invocation.qualifier).timeout + _MARGIN_S
