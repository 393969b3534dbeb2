"""What the screen is about at this moment. Changed by handlers in the UI thread only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.aws.records import Function, InvocationType
from workbench.project.records import FunctionSource, Problem, Project
from workbench.ui.activity import Activity
from workbench.ui.memory import Memory

if TYPE_CHECKING:
    from workbench.ui.backend import Backend, Request

INVOCATION_TYPES: tuple[InvocationType, ...] = ("RequestResponse", "Event", "DryRun")


@dataclass(frozen=True, slots=True)
class Running:
    """An invocation that `backend` has not answered."""

    backend: Backend
    request: Request
    token: str


@dataclass
class Session:
    """The project, the target, and what is chosen."""

    root: Path
    memory: Memory
    backend: Backend | None = None
    project: Project | None = None
    problems: tuple[Problem, ...] = ()
    settings_problems: tuple[Problem, ...] = ()
    """What is wrong with the user's config and themes."""
    themes: tuple[str, ...] = ()
    """The themes there are, the user's own included."""
    function: str | None = None
    functions: dict[str, Function] = field(default_factory=dict)
    invocation_type: InvocationType = "RequestResponse"
    activity: Activity = field(default_factory=Activity)
    """What the local Lambda did in the last minutes."""
    watching: bool = False
    time_scale: float = 1.0
    """What the local Lambda's long waits are divided by."""
    credentials: str | None = None
    """The AWS profile whose credentials functions have, if any."""
    running: Running | None = None
    last: Request | None = None
    """The last invocation's request, for rerun and watch."""

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """What is wrong with the user's settings and in the project."""
        return self.settings_problems + self.problems

    @property
    def is_aws(self) -> bool:
        """Whether the target is AWS, where changes are asked for first."""
        return self.backend is not None and not self.backend.is_local

    @property
    def qualifier(self) -> str | None:
        """The version or alias to invoke of the chosen function; None is $LATEST."""
        return self.memory.qualifiers.get(self.function or "")

    def source(self, function: str | None) -> FunctionSource | None:
        """The function in the project's folder, if it is one."""
        if self.project is None:
            return None
        return next((f for f in self.project.functions if f.name == function), None)

    def log_group(self, function: str) -> str:
        """The name of a function's log group (lambda-facts §3)."""
        known = self.functions.get(function)
        return (known.log_group if known else "") or f"/aws/lambda/{function}"
