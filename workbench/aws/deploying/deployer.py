"""Carrying out deployments: what `traffic_shifting` says, done to the alias, step by step.

On the local Lambda a hook reports as on AWS, by CodeDeploy's PutLifecycleEventHookExecutionStatus.
CodeDeploy on AWS knows none of our deployments, so there a hook's own end is its report: an answer
is Succeeded, a function error is Failed.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import cast

from workbench.aws.deploying.alarms import alarm_states, deployed_alarms
from workbench.aws.deploying.alias_history import AliasHistory
from workbench.aws.deploying.deployments import Deployments
from workbench.aws.deploying.traffic_shifting import (
    AwaitHook,
    Controls,
    Deployment,
    Finish,
    Hook,
    HookStatus,
    RollBack,
    RunHook,
    Shift,
    Status,
    Wait,
    configuration_of,
    new_id,
    next_step,
)
from workbench.aws.errors import LambdaError
from workbench.aws.guard import permitted
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.metrics import version_metrics
from workbench.aws.records import NO_COUNTS, Alias, Counts
from workbench.aws.workbench_surface import WorkbenchSurface

_LOCAL_SECONDS, _AWS_SECONDS = 0.5, 10.0  # between two looks at errors and hooks
_PATIENCE = 5  # looks in a row that may fail before nobody waits any more


Changed = Callable[[Deployment, Counts], None]


class Deployer:
    """Carries out deployments of one target; their state is in the project's `.workbench/`.

    `changed` hears of every step and every count, in the thread that runs it.
    """

    def __init__(
        self, client: LambdaClient, root: Path, changed: Changed = lambda deployment, counts: None
    ) -> None:
        self.client = client
        self.deployments = Deployments(root)
        self._aliases = AliasHistory(root)
        self._changed = changed
        target = client.target
        url = target.endpoint_url if target.kind == "local" else None
        self._surface = WorkbenchSurface(url) if url else None
        self._counted: dict[str, Counts] = {}  # by deployment
        self._answers: dict[str, HookStatus] = {}  # how executions of hooks ended
        self._words: dict[str, str] = {}  # and why
        self._pause = _LOCAL_SECONDS if self._surface else _AWS_SECONDS

    def create(
        self,
        function: str,
        alias: str,
        version: str,
        configuration: str,
        *,
        before_hook: str = "",
        after_hook: str = "",
        max_error_percent: float = 0.0,
        alarms: Iterable[str] = (),
        waits_divided_by: float = 1.0,
    ) -> Deployment:
        """A deployment of `version` to the alias, on disk and not begun.

        `alarms` are names, or logical ids of the function's stack. Raises LambdaError when the
        alias, the version, a hook or an alarm is not there, the alias leads to that version
        already or to two, or is being deployed.
        """
        name = configuration_of(configuration).name
        now = self._shiftable(function, alias, version)
        for hook in filter(None, (before_hook, after_hook)):
            self.client.function(hook)
        began = time.time()
        deployment = Deployment(
            id=new_id(),
            target=self.client.target.key,
            function=function,
            alias=alias,
            current_version=now.function_version,
            target_version=version,
            configuration=name,
            created=began,
            before_hook=before_hook,
            after_hook=after_hook,
            max_error_percent=max_error_percent,
            alarms=deployed_alarms(self.client.clients, function, alarms),
            waits_divided_by=waits_divided_by,
        )
        steps = deployment.steps.words
        return self._saved(deployment.says(began, f"v{now.function_version} → v{version}, {steps}"))

    def _shiftable(self, function: str, alias: str, version: str) -> Alias:
        """The alias as it is. Raises LambdaError when it cannot be shifted to `version`."""
        now = self.client.alias(function, alias)
        if now.weights:
            raise LambdaError(
                "Weighted",
                f"{alias} leads to two versions now",
                advice="Give it one first: roll it back or move it.",
            )
        if now.function_version == version:
            raise LambdaError("SameVersion", f"{alias} leads to v{version} already")
        if "$LATEST" in (version, now.function_version):
            raise LambdaError("Latest", "Traffic is shifted between published versions only")
        self.client.function(function, version)
        for other in self.deployments.unfinished(self.client.target.key):
            if (other.function, other.alias) == (function, alias):
                raise LambdaError(
                    "DeploymentLimit",
                    f"{other.id} of {alias} is not over",
                    advice="Go on with it, or roll it back.",
                )
        return now

    def run(self, deployment: Deployment, controls: Controls) -> Deployment:
        """Carry it out, or on, until it is over or `controls.stop`; returns how it is then.

        Raises LambdaError when another process carries it out, something of it is not allowed, or
        Lambda cannot be reached for long: it can be gone on with.
        """
        failures = 0
        with self.deployments.held(deployment):
            deployment = self.deployments.newest(deployment)
            while deployment.status == "InProgress" and not controls.stop.is_set():
                try:
                    deployment, pause = self._step(deployment, controls)
                    failures = 0
                except LambdaError as error:
                    failures += 1
                    if failures >= _PATIENCE or _is_final(error):
                        raise
                    pause = self._pause
                controls.woken.wait(pause)
                controls.woken.clear()
        return deployment

    def _step(self, deployment: Deployment, controls: Controls) -> tuple[Deployment, float]:
        """One step; with it, the seconds to the next."""
        now = time.time()
        try:
            alias = self.client.alias(deployment.function, deployment.alias)
        except LambdaError as error:
            if error.code != "ResourceNotFoundException":
                raise
            return self._lost(deployment, "is gone"), 0
        if not _is_ours(deployment, alias):
            return self._lost(deployment, "was changed by somebody else and stays as it is"), 0
        if controls.roll_back.is_set():
            return self._roll_back(deployment, alias, "asked for by you", "Stopped"), 0
        counts = self._counted[deployment.id] = self._counts(deployment, alias, now)
        self._changed(deployment, counts)
        if controls.go_on.is_set():
            controls.go_on.clear()
            deployment = replace(deployment, shifted=0.0)
        step = next_step(deployment, now, counts, self._alarming(deployment))
        match step:
            case RollBack():
                return self._roll_back(deployment, alias, step.reason), 0
            case RunHook():
                return self._start_hook(deployment, step), 0
            case AwaitHook():
                status = self._hook_status(deployment)
                if status == "Pending":
                    return deployment, self._pause
                return self._hook_over(deployment, step.hook, status), 0
            case Shift():
                return self._shift(deployment, alias, step.shifts), 0
            case Wait():
                return deployment, min(self._pause, max(0.0, step.until - now))
            case Finish():
                words = f"{deployment.alias} leads to v{deployment.target_version}"
                return self._saved(deployment.says(now, words, status="Succeeded")), 0
        return deployment, 0

    def _saved(self, deployment: Deployment) -> Deployment:
        self.deployments.save(deployment)
        self._changed(deployment, self._counted.get(deployment.id, NO_COUNTS))
        return deployment

    # -- traffic --------------------------------------------------------------------------------

    def _counts(self, deployment: Deployment, alias: Alias, now: float) -> Counts:
        if not deployment.shifted_first:
            return NO_COUNTS
        clients, function = self.client.clients, deployment.function
        versions = (deployment.current_version, deployment.target_version)
        first = deployment.shifted_first
        counts = version_metrics.alias_counts(clients, function, alias, versions, first, now)
        if not alias.weights and self._surface is None:
            # AWS may name the executed version of weighted aliases only. The minute of the shift
            # has invocations of both versions.
            whole = version_metrics.resource_counts(
                clients, function, alias.name, deployment.shifted + 60, now
            )
            invocations, errors = counts.of(deployment.target_version)
            new = deployment.target_version
            counts = Counts(
                {**counts.invocations, new: max(invocations, whole[0])},
                {**counts.errors, new: max(errors, whole[1])},
            )
        return counts

    def _alarming(self, deployment: Deployment) -> list[str]:
        if not deployment.alarms:
            return []
        states = alarm_states(self.client.clients, deployment.alarms)
        return [name for name, state in states.items() if state == "ALARM"]

    def _shift(self, deployment: Deployment, alias: Alias, shifts: int) -> Deployment:
        now = time.time()
        if not deployment.shifted_first:
            # Counts are by the minute: what this one has already is not the deployment's.
            clients, version = self.client.clients, deployment.target_version
            counts = version_metrics.alias_counts(
                clients, deployment.function, alias, (version,), now, now
            )
            deployment = replace(deployment, shifted_first=now, counted_before=counts.of(version))
        self._route(deployment, alias, shifts)
        shifted = replace(deployment, shifts=shifts, shifted=now)
        words = f"{shifted.share:.0%} of {deployment.alias} to v{deployment.target_version}"
        return self._saved(shifted.says(now, words))

    def _roll_back(
        self, deployment: Deployment, alias: Alias, reason: str, status: Status = "Failed"
    ) -> Deployment:
        self._route(deployment, alias, 0)
        words = f"rolled back to v{deployment.current_version}: {reason}"
        return self._saved(deployment.says(time.time(), words, status=status, rolled_back=True))

    def _route(self, deployment: Deployment, alias: Alias, shifts: int) -> None:
        version, weights = deployment.routing(shifts)
        if (alias.function_version, dict(alias.weights)) != (version, weights):
            alias = self.client.update_alias(
                deployment.function,
                deployment.alias,
                version=version,
                weights=weights,
                revision_id=alias.revision_id,
            )
        how = f"canary {deployment.id}" + (" rolled back" if not shifts else "")
        with contextlib.suppress(OSError):  # the traffic matters more than its history
            self._aliases.change(deployment.target, deployment.function, alias, how)

    def _lost(self, deployment: Deployment, what: str) -> Deployment:
        words = f"stopped: {deployment.alias} {what}"
        return self._saved(deployment.says(time.time(), words, status="Stopped"))

    # -- hooks ----------------------------------------------------------------------------------

    def _start_hook(self, deployment: Deployment, step: RunHook) -> Deployment:
        now, execution = time.time(), str(uuid.uuid4())
        changes: dict[str, object] = {
            "hook_execution": execution, "hook_started": now, _status_of(step.hook): "Pending",
        }  # fmt: skip
        if self._surface is not None:
            self._surface.expect_hook(deployment.id, execution)
        # On disk first: a hook is invoked once.
        deployment = self._saved(
            deployment.says(now, f"{step.hook}: invoked {step.function}", **changes)
        )
        self._answers[execution] = "Pending"
        event = {"DeploymentId": deployment.id, "LifecycleEventHookExecutionId": execution}
        threading.Thread(
            target=self._invoke_hook,
            args=(step.function, json.dumps(event).encode(), execution),
            name=f"workbench-{step.hook}",
            daemon=True,  # it may take 15 minutes; whoever stops does not wait for it
        ).start()
        return deployment

    def _invoke_hook(self, function: str, event: bytes, execution: str) -> None:
        try:
            with permitted(self.client.target):
                answer = self.client.invoke(function, event)
        except LambdaError as error:
            self._answers[execution] = "Failed"
            self._words[execution] = str(error)
            return
        if answer.error is not None:
            self._answers[execution] = "Failed"
            self._words[execution] = f"{answer.error.type}: {answer.error.message}"
        elif self._surface is None:
            self._answers[execution] = "Succeeded"

    def _hook_status(self, deployment: Deployment) -> HookStatus:
        """What the hook reported. On the local Lambda its report counts, and a function error
        ends the wait for one; on AWS its end counts."""
        execution = deployment.hook_execution
        ended = self._answers.get(execution)
        if self._surface is not None:
            reported = self._surface.hook_status(deployment.id, execution)
            if reported in ("Succeeded", "Failed"):
                return cast("HookStatus", reported)
            if reported is not None and ended != "Failed":
                return "Pending"
            if reported is None:
                self._words[execution] = "the local Lambda was restarted meanwhile"
            return "Failed"
        if ended is None:  # invoked before a restart
            self._words[execution] = "nobody was there to hear its answer"
            return "Failed"
        return ended

    def _hook_over(self, deployment: Deployment, hook: Hook, status: HookStatus) -> Deployment:
        words = self._words.pop(deployment.hook_execution, "")
        said = f"{hook}: {status}" + (f" ({words})" if words else "")
        return self._saved(deployment.says(time.time(), said, **{_status_of(hook): status}))


def _status_of(hook: Hook) -> str:
    return "before" if hook == "BeforeAllowTraffic" else "after"


def _is_final(error: LambdaError) -> bool:
    """Whether to ask again would get the same answer: not allowed, not there, or not offered."""
    return error.code.startswith("AccessDenied") or error.status in (404, 501)


def _is_ours(deployment: Deployment, alias: Alias) -> bool:
    """Whether the alias is as the deployment left it, or as it was about to when it was ended."""
    routing = (alias.function_version, dict(alias.weights))
    return routing in (deployment.routing(deployment.shifts),
                       deployment.routing(deployment.shifts + 1))  # fmt: skip
