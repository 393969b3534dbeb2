"""What the project's template says of deploying a function, in the names of a target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workbench.project.packaging import source_of
from workbench.project.records import DeploymentPreference, FunctionSource


def preference_of(
    function: str, sources: Iterable[FunctionSource], deployed: Iterable[str]
) -> DeploymentPreference | None:
    """The DeploymentPreference of the function that was deployed as `function`; None without one.

    Its hooks are by the names they have among those `deployed`, where they are there under a name
    that CloudFormation made.
    """
    here = tuple(sources)
    source = source_of(function, here)
    if source is None or source.deployment is None:
        return None
    wanted = source.deployment
    names = tuple(deployed) if wanted.before_hook or wanted.after_hook else ()

    def named(hook: str) -> str:
        if not hook or hook in names:
            return hook
        own = (name for name in names if (found := source_of(name, here)) and found.name == hook)
        return next(own, hook)

    return replace(
        wanted, before_hook=named(wanted.before_hook), after_hook=named(wanted.after_hook)
    )
