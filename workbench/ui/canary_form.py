"""What is asked before a canary begins: at first what the function's DeploymentPreference says."""

from __future__ import annotations

from typing import Any

from textual.app import App

from workbench.aws.deploying.preference import preference_of
from workbench.aws.deploying.traffic_shifting import CONFIGURATIONS, DEFAULT
from workbench.project.records import DeploymentPreference
from workbench.ui.backend import Backend
from workbench.ui.canaries import CanaryRequest
from workbench.ui.consent import Change, agreed
from workbench.ui.formats import routes
from workbench.ui.keys import with_keys
from workbench.ui.panes.versions import OpenCanary
from workbench.ui.session import Session
from workbench.ui.widgets.form import Field, FormDialog

_CHOOSABLE = 200  # functions; among more one would rather type


async def ask_canary(
    app: App[Any], session: Session, backend: Backend, asked: OpenCanary
) -> CanaryRequest | None:
    """A canary as the person wants it; None when it was given up. On AWS it is agreed to."""
    alias = asked.alias
    others = [version for version in asked.versions if version != alias.function_version]
    version = asked.version if asked.version in others else others[0]
    local = backend.is_local
    preferred = _preferred(session, asked.function)
    template = preferred.type if preferred and preferred.type in CONFIGURATIONS else ""
    reports = (
        "It reports with CodeDeploy's PutLifecycleEventHookExecutionStatus."
        if local
        else "On AWS its end is its report: an error rolls back."
    )
    times = with_keys(app, _times(session, preferred))
    values = await app.push_screen_wait(
        FormDialog(
            f"Canary of {asked.function} {alias.name}, now {routes(alias)}",
            [
                Field("version", "New version", kind="choice", default=version, choices=others),
                Field("configuration", "How", kind="choice", default=template or DEFAULT,
                      choices=tuple(CONFIGURATIONS), help=times),
                Field("errors", "Errors in percent", kind="number", default="5",
                      help=_errors_help(preferred if local else None), check=_check_percent),
                _hook(session, "before", "BeforeAllowTraffic",
                      f"A function run before any traffic moves. {reports}",
                      preferred.before_hook if preferred else ""),
                _hook(session, "after", "AfterAllowTraffic",
                      "A function run when all traffic has moved.",
                      preferred.after_hook if preferred else ""),
                *([] if local else [_alarms(preferred)]),
            ],
            submit="Start",
        )
    )  # fmt: skip
    if values is None:
        return None
    request = CanaryRequest(
        asked.function,
        alias.name,
        str(values["version"]),
        str(values["configuration"]),
        before_hook=str(values["before"] or ""),
        after_hook=str(values["after"] or ""),
        max_error_percent=float(str(values["errors"])),
        alarms=tuple(str(values.get("alarms", "")).replace(",", " ").split()),
        waits_divided_by=session.time_scale if local else 1.0,
    )
    steps = CONFIGURATIONS[request.configuration].words
    words = [
        f"v{alias.function_version} → v{request.version}, {steps}; back to "
        f"v{alias.function_version} when more than {request.max_error_percent:g}% fail.",
        *(f"Invokes {hook}." for hook in (request.before_hook, request.after_hook) if hook),
        *(f"Rolls back when the alarm {name} is in ALARM." for name in request.alarms),
        "Rolling back, and going on now, will not be asked again.",
    ]
    change = Change("Canary", "Start", alias.arn, words)
    return request if await agreed(app, backend, asked.function, change) else None


def _preferred(session: Session, function: str) -> DeploymentPreference | None:
    sources = session.project.functions if session.project else ()
    return preference_of(function, sources, session.functions)


def _times(session: Session, preferred: DeploymentPreference | None) -> str:
    words = "<canary.shift-now> goes on without waiting, at any time."
    if not session.is_aws and session.time_scale != 1:
        words = f"Minutes are 1/{session.time_scale:g} here (serve --time-scale)."
    if preferred is None:
        return words
    if preferred.type not in CONFIGURATIONS:
        return f"The template's {preferred.type} is not one of CodeDeploy's own. {words}"
    return f"As the template says: {preferred.type}. {words}"


def _errors_help(preferred: DeploymentPreference | None) -> str:
    """`preferred` where the template's alarms are not looked at."""
    words = "More than that of the new version's invocations roll back."
    if preferred is None or not preferred.alarms:
        return words
    return f"{words} The template's alarms are looked at on AWS only."


def _alarms(preferred: DeploymentPreference | None) -> Field:
    names = ", ".join(preferred.alarms) if preferred else ""
    words = "CloudWatch alarms: one that is in state ALARM rolls back."
    return Field("alarms", "Alarms", required=False, default=names, help=words)


def _hook(session: Session, name: str, label: str, help: str, default: str) -> Field:
    functions = sorted(session.functions)
    if default:
        help = f"The template's is {default}. {help}"
    if len(functions) > _CHOOSABLE:
        return Field(name, label, required=False, default=default, help=help)
    return Field(
        name, label, kind="choice", required=False, default=default, help=help, choices=functions
    )


def _check_percent(value: object) -> str | None:
    inside = isinstance(value, int | float) and 0 <= value <= 100
    return None if inside else "A number from 0 to 100."
