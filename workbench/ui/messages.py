"""Messages between panes and the screen. Each pane's own are in its module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.message import Message

from workbench.aws.records import Invocation
from workbench.project.records import Project
from workbench.ui.backend import Backend, Request
from workbench.ui.widgets.status_bar import Severity


@dataclass
class Say(Message):
    """Tell the person something in the status line, with the severity's glyph or another.

    `<id>` in the text is the key of a binding.
    """

    text: str
    severity: Severity = "info"
    glyph: str | None = None


class HeaderChanged(Message):
    """What the line at the top tells has changed: target, mode, what is being done."""


class FooterChanged(Message):
    """What has the cursor in a pane calls for other keys."""


@dataclass
class ProjectRead(Message):
    """The folder was searched for functions."""

    project: Project


@dataclass
class Connected(Message):
    """A target answers."""

    backend: Backend


@dataclass
class ConnectionFailed(Message):
    """A target cannot be reached. `aws` tells which kind was asked for."""

    sentence: str
    aws: bool


@dataclass
class ServerEvent(Message):
    """Something happened at the local Lambda: the kinds of `/_workbench/events`."""

    kind: str
    data: Mapping[str, object]


class LocalLambdaLost(Message):
    """The local Lambda has ended, or cannot be heard any more."""


@dataclass
class SourceChanged(Message):
    """A source of events is new or changed, or gone (State "Deleted"): the `source` event."""

    source: Mapping[str, Any]


@dataclass
class FrontFailed(Message):
    """A request to a front door failed, or the health of its function changed (`healthy`). `front`
    is its kind and name, as in `Trigger.id`."""

    front: str
    words: str
    healthy: bool | None = None


class FunctionsChanged(Message):
    """The set of the local Lambda's functions or their configuration is another now."""


class ProblemsChanged(Message):
    """`Session.problems` is another now."""


@dataclass
class Installing(Message):
    """How far the installation of dependencies is, in words; "" when it is over."""

    words: str


@dataclass
class Reloaded(Message):
    """A function's code was saved and can be run."""

    function: str


@dataclass
class Recorded(Message):
    """Invocations were written to the history."""


@dataclass
class FunctionChosen(Message):
    """Another function is highlighted; None when there is none."""

    name: str | None


@dataclass
class QualifierChosen(Message):
    """The version or alias to invoke was chosen; None is $LATEST."""

    qualifier: str | None


@dataclass
class InvocationDone(Message):
    """An invocation was answered."""

    token: str
    request: Request
    invocation: Invocation


@dataclass
class InvocationFailed(Message):
    """An invocation came to no answer: throttled, unreachable, refused …"""

    token: str
    request: Request
    sentence: str


@dataclass
class ShowInvocation(Message):
    """Show an invocation of the history in the Result pane; `go`: focus it, show event and logs."""

    invocation: Invocation
    go: bool


@dataclass
class GoToInvocation(Message):
    """Go from a log line to its invocation in the History pane."""

    request_id: str


@dataclass
class ShowTrace(Message):
    """Show an X-Ray trace as a waterfall."""

    trace_id: str


@dataclass
class GoToLogs(Message):
    """Go from an invocation to its log lines; `log_text` is what is remembered of them."""

    function: str
    request_id: str
    log_text: str


@dataclass
class RunRequest(Message):
    """Invoke this, as it is."""

    request: Request


@dataclass
class LoadEvent(Message):
    """Put a text into the event editor of a function."""

    function: str
    text: str
    title: str


@dataclass
class OpenProject(Message):
    """Open another folder in place of this one."""

    root: Path


@dataclass
class OpenFile(Message):
    """Open a file in $EDITOR at a line (from 1)."""

    path: Path
    line: int | None = None
