"""CodeDeploy's traffic shifting for Lambda as rules: what happens next to an alias, and when.

Nothing is called here; `deployer.py` does what `next_step` says (lambda-facts §12).
"""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from workbench.aws.records import NO_COUNTS, Counts

PREFIX = "CodeDeployDefault.Lambda"
HOOK_SECONDS = 3600
"""How long a hook may take to report; then it has failed."""

Status = Literal["InProgress", "Succeeded", "Failed", "Stopped"]
Hook = Literal["BeforeAllowTraffic", "AfterAllowTraffic"]
Stage = Literal["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]
HookStatus = Literal["", "Pending", "Succeeded", "Failed"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """A deployment configuration: how much of the traffic goes over, and after how long.

    `percent` is that of the first shift (and of each one, if `linear`), `minutes` the time
    between two shifts. All at once is 100 %.
    """

    name: str
    percent: int
    minutes: int = 0
    linear: bool = False

    @property
    def shifts(self) -> int:
        """How many shifts bring all traffic to the new version."""
        if self.percent == 100:
            return 1
        return -(-100 // self.percent) if self.linear else 2

    def share(self, shifts: int) -> float:
        """The new version's share (0.0–1.0) after so many shifts."""
        if shifts <= 0:
            return 0.0
        return 1.0 if shifts >= self.shifts else round(self.percent * shifts / 100, 4)

    @property
    def words(self) -> str:
        """It in a sentence's part: "10% for 5 minutes, then all"."""
        if self.percent == 100:
            return "all at once"
        unit = "minute" if self.minutes == 1 else "minutes"
        if self.linear:
            return f"{self.percent}% more every {self.minutes} {unit}"
        return f"{self.percent}% for {self.minutes} {unit}, then all"


CONFIGURATIONS: Mapping[str, Configuration] = {
    each.name: each
    for each in (
        *(Configuration(f"Canary10Percent{n}Minutes", 10, n) for n in (5, 10, 15, 30)),
        Configuration("Linear10PercentEvery1Minute", 10, 1, linear=True),
        *(Configuration(f"Linear10PercentEvery{n}Minutes", 10, n, linear=True) for n in (2, 3, 10)),
        Configuration("AllAtOnce", 100),
    )
}
"""CodeDeploy's predefined configurations by the names SAM gives them."""

DEFAULT = "Canary10Percent5Minutes"
"""The configuration where nobody names one."""


def configuration_of(name: str) -> Configuration:
    """The configuration of a name, with or without CodeDeploy's prefix. Raises ValueError."""
    found = CONFIGURATIONS.get(name.removeprefix(PREFIX))
    if found is None:
        raise ValueError(f"There is no configuration {name}: {', '.join(CONFIGURATIONS)}")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One shift of an alias from one version to another, as far as it has come.

    Times are epoch seconds. `waits_divided_by` shortens the configuration's minutes (the local
    Lambda's time scale). More errors of the new version than `max_error_percent` of its
    invocations since `shifted_first` roll back; what had been counted in that minute before is
    `counted_before` (invocations, errors). So does any of the CloudWatch `alarms` in state ALARM.
    `said` is what happened, each with its time.
    """

    id: str
    target: str
    function: str
    alias: str
    current_version: str
    target_version: str
    configuration: str
    created: float
    before_hook: str = ""
    after_hook: str = ""
    max_error_percent: float = 0.0
    alarms: tuple[str, ...] = ()
    waits_divided_by: float = 1.0
    status: Status = "InProgress"
    before: HookStatus = ""
    after: HookStatus = ""
    hook_execution: str = ""
    hook_started: float = 0.0
    shifts: int = 0
    shifted: float = 0.0
    shifted_first: float = 0.0
    counted_before: tuple[int, int] = (0, 0)
    rolled_back: bool = False
    said: tuple[tuple[float, str], ...] = ()

    @property
    def steps(self) -> Configuration:
        """Its configuration's rules."""
        return configuration_of(self.configuration)

    @property
    def share(self) -> float:
        """The new version's share (0.0–1.0) now."""
        if self.rolled_back:
            return 0.0
        return self.steps.share(self.shifts)

    @property
    def is_shifted(self) -> bool:
        """Whether all traffic goes to the new version."""
        return self.shifts >= self.steps.shifts

    @property
    def stage(self) -> Stage:
        """The lifecycle event it is in, or was left in (lambda-facts §12)."""
        if self.before_hook and self.before != "Succeeded":
            return "BeforeAllowTraffic"
        return "AfterAllowTraffic" if self.is_shifted else "AllowTraffic"

    @property
    def next_shift(self) -> float:
        """When the next shift is due; 0 for at once."""
        if not self.shifts:
            return 0.0
        return self.shifted + self.steps.minutes * 60 / self.waits_divided_by

    def says(self, now: float, words: str, **changes: Any) -> Deployment:
        """Itself with changes and with what happened."""
        return replace(self, said=(*self.said, (now, words)), **changes)

    def routing(self, shifts: int) -> tuple[str, dict[str, float]]:
        """The alias's version and weights after so many shifts."""
        share = self.steps.share(shifts)
        if share >= 1.0:
            return self.target_version, {}
        return self.current_version, {self.target_version: share} if share else {}


@dataclass(frozen=True, slots=True)
class RunHook:
    """Invoke the hook's function, which has not been yet."""

    hook: Hook
    function: str


@dataclass(frozen=True, slots=True)
class AwaitHook:
    """The hook has been invoked and has not reported."""

    hook: Hook
    until: float


@dataclass(frozen=True, slots=True)
class Shift:
    """Route the alias so that `shifts` shifts are done."""

    shifts: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until` but to count errors."""

    until: float


@dataclass(frozen=True, slots=True)
class RollBack:
    """Give all traffic back to the old version, because of `reason`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    """All is done."""


Step = RunHook | AwaitHook | Shift | Wait | RollBack | Finish


def next_step(
    deployment: Deployment, now: float, counts: Counts = NO_COUNTS, alarming: Sequence[str] = ()
) -> Step | None:
    """What is to be done for a deployment at `now`; None when it is over.

    `counts` are the alias's since the minute in which its first shift happened, `alarming` those
    of its alarms that are in state ALARM.
    """
    if deployment.status != "InProgress":
        return None
    if alarming:
        return RollBack(f"the alarm {alarming[0]} is in state ALARM")
    reason = too_many_errors(deployment, counts)
    if reason is not None:
        return RollBack(reason)
    step = _hook(deployment, "BeforeAllowTraffic", deployment.before_hook, deployment.before, now)
    if step is not None:
        return step
    if not deployment.is_shifted:
        if now < deployment.next_shift:
            return Wait(deployment.next_shift)
        return Shift(deployment.shifts + 1)
    step = _hook(deployment, "AfterAllowTraffic", deployment.after_hook, deployment.after, now)
    return step or Finish()


def _hook(
    deployment: Deployment, hook: Hook, function: str, status: HookStatus, now: float
) -> Step | None:
    if not function or status == "Succeeded":
        return None
    if status == "":
        return RunHook(hook, function)
    until = deployment.hook_started + HOOK_SECONDS
    if status == "Failed":
        return RollBack(f"the hook {hook} ({function}) failed")
    if now >= until:
        return RollBack(f"the hook {hook} ({function}) did not report within an hour")
    return AwaitHook(hook, until)


def too_many_errors(deployment: Deployment, counts: Counts) -> str | None:
    """Why the new version's errors end the deployment; None while they are within bounds."""
    invocations, errors = new_counts(deployment, counts)
    if not deployment.shifts or errors <= 0:
        return None
    percent = 100 * errors / max(invocations, errors)
    if percent <= deployment.max_error_percent:
        return None
    return (
        f"{errors} of {max(invocations, errors)} invocations of v{deployment.target_version} "
        f"failed ({percent:.3g}%; at most {deployment.max_error_percent:g}% may)"
    )


def new_counts(deployment: Deployment, counts: Counts) -> tuple[int, int]:
    """Invocations and errors of the new version since the deployment sends it traffic."""
    invocations, errors = counts.of(deployment.target_version)
    before = deployment.counted_before
    return max(0, invocations - before[0]), max(0, errors - before[1])


@dataclass(frozen=True)
class Controls:
    """What a person may ask of a deployment that is carried out, from any thread.

    `stop` leaves it as it is, to be gone on with later; `go_on` ends the wait for the next shift.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    roll_back: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    woken: threading.Event = field(default_factory=threading.Event)

    def ask(self, what: threading.Event) -> None:
        """Ask for it, and have it done now."""
        what.set()
        self.woken.set()


def new_id() -> str:
    """A deployment's id as CodeDeploy makes them."""
    letters = string.ascii_uppercase + string.digits
    return "d-" + "".join(secrets.choice(letters) for _ in range(9))
