"""SAM's DeploymentPreference: how CodeDeploy shifts a function's alias (lambda-facts §12)."""

from __future__ import annotations

from workbench.project.loose_values import mapping, text, texts
from workbench.project.records import DeploymentPreference
from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

_PREFIX = "CodeDeployDefault.Lambda"


def preference(node: Node | None, resolver: Resolver) -> DeploymentPreference | None:
    """What a function's property says; None without one, or where it is not enabled.

    Hooks and alarms are by the names that `Ref` gives here. The type may be a configuration of
    the user's own.
    """
    chosen = resolver.select(node)
    if chosen is None:
        return None
    given = mapping(resolver.value(chosen))
    name = text(given.get("Type")).removeprefix(_PREFIX)
    if not name or text(given.get("Enabled", True)).lower() == "false":
        return None
    hooks = mapping(given.get("Hooks"))
    return DeploymentPreference(
        name,
        before_hook=_function(hooks.get("PreTraffic")),
        after_hook=_function(hooks.get("PostTraffic")),
        alarms=tuple(filter(None, texts(given.get("Alarms")))),
    )


def _function(value: object) -> str:
    return text(value).rpartition(":function:")[2]
