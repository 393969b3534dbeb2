"""What can be copied at this moment: from the pane with focus, and the invocation as code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from workbench.ui.backend import Request
from workbench.ui.invocation_code import aws_command, curl_command, python_code
from workbench.ui.session import Session
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.log_view import LogView

if TYPE_CHECKING:
    from workbench.ui.panes.base import WorkbenchPane


@dataclass(frozen=True, slots=True)
class Copy:
    """One thing to copy: the key that takes it, what it is, and how to get the text.

    `text` raises TooLarge for what fits no command line.
    """

    key: str
    what: str
    text: Callable[[], str]


def copies(pane: WorkbenchPane, session: Session, event: str) -> list[Copy]:
    """What there is, the nearest first: under the cursor, in the pane, of the invocation.

    `event` is the text of the event that would be sent.
    """
    nearest = _of_pane(pane)
    said = {copy.text() for copy in nearest if copy.key == "a"}
    others = _of_session(session, event)
    return [*nearest, *(copy for copy in others if copy.key != "n" or copy.text() not in said)]


def _of_pane(pane: WorkbenchPane) -> list[Copy]:
    found = []
    view = next((view for view in pane.query(JsonView) if view.region.area), None)
    if view is not None and view.text:
        found.append(Copy("v", f"the value of {view.path}" if view.path else "the line",
                          lambda: view.value))  # fmt: skip
        if view.path:
            found.append(Copy("p", f"the path {view.path}", lambda: view.path))
    log = next(iter(pane.query(LogView)), None)
    line = log.current if log is not None else None
    if line is not None:
        found.append(Copy("l", "the log line", lambda: line.text))
    whole = pane.copy_text()
    if whole is not None:
        found.append(Copy("a", whole[0], lambda: whole[1]))
    return found


def _of_session(session: Session, event: str) -> list[Copy]:
    name, backend = session.function, session.backend
    if name is None:
        return []
    found = [Copy("e", "the event", lambda: event)]
    function = session.functions.get(name)
    if function is not None and function.arn:
        found.append(Copy("n", "the function's ARN", lambda: function.arn))
    if backend is None:
        return found
    target = backend.target
    request = Request(name, event, session.qualifier, session.invocation_type)
    for key, what, make in (
        ("c", "the invocation as an aws command", aws_command),
        ("u", "the invocation as a curl command", curl_command),
        ("b", "the invocation as Python with boto3", python_code),
    ):
        found.append(Copy(key, what, partial(make, target, request)))
    return found
