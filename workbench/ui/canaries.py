"""The deployments that this screen carries out, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message
from textual.message_pump import MessagePump

from workbench.aws.records import NO_COUNTS, Counts
from workbench.ui.backend import Backend
from workbench.ui.formats import named, percent
from workbench.ui.messages import Say
from workbench.ui.widgets.status_bar import Severity
from workbench.ui.work import Job, failure, in_thread

if TYPE_CHECKING:
    from workbench.aws.deploying.deployer import Deployer
    from workbench.aws.deploying.traffic_shifting import Controls, Deployment


@dataclass(frozen=True, slots=True)
class CanaryRequest:
    """What is to be deployed, see `Deployer.create`."""

    function: str
    alias: str
    version: str
    configuration: str
    before_hook: str = ""
    after_hook: str = ""
    max_error_percent: float = 0.0
    alarms: tuple[str, ...] = ()
    waits_divided_by: float = 1.0


@dataclass
class CanaryChanged(Message):
    """A deployment made a step, or was counted anew."""

    deployment: Deployment
    counts: Counts


@dataclass
class CanaryLeft(Message):
    """Nobody carries a deployment out any more; `sentence` says why it is not over, if not.
    `deployment` is None when it could not be made."""

    deployment: Deployment | None
    sentence: str = ""


class Canaries:
    """Starts and steers deployments; `node` gets CanaryChanged and CanaryLeft."""

    def __init__(self, node: MessagePump) -> None:
        self._node = node
        self._controls: dict[str, Controls] = {}
        self.known: dict[str, tuple[Deployment, Counts]] = {}
        """Those seen since the screen was opened, by id."""

    @property
    def running(self) -> int:
        """How many this screen carries out."""
        return len(self._controls)

    def is_running(self, deployment: Deployment) -> bool:
        """Whether this screen carries it out."""
        return deployment.id in self._controls

    def of_alias(self, backend: Backend, function: str, alias: str) -> Deployment | None:
        """The alias's deployment that is not over, from the disk."""
        return next((each for each in backend.canaries(function) if each.alias == alias), None)

    def start(self, backend: Backend, request: CanaryRequest) -> None:
        """Make a deployment and carry it out."""
        from workbench.aws.deploying.traffic_shifting import Controls

        def create(deployer: Deployer) -> Deployment:
            deployment = deployer.create(
                request.function,
                request.alias,
                request.version,
                request.configuration,
                before_hook=request.before_hook,
                after_hook=request.after_hook,
                max_error_percent=request.max_error_percent,
                alarms=request.alarms,
                waits_divided_by=request.waits_divided_by,
            )
            self._controls[deployment.id] = Controls()
            return deployment

        self._run(backend, f"{request.function}:{request.alias}", create)

    def go_on(self, backend: Backend, deployment: Deployment, *, roll_back: bool = False) -> None:
        """Carry on what was begun, or roll it back."""
        from workbench.aws.deploying.traffic_shifting import Controls

        if self.is_running(deployment):
            return
        controls = self._controls[deployment.id] = Controls()
        if roll_back:
            controls.ask(controls.roll_back)
        self._run(backend, f"{deployment.function}:{deployment.alias}", lambda deployer: deployment)

    def shift_now(self, deployment: Deployment) -> None:
        """Do not wait for the next shift."""
        if controls := self._controls.get(deployment.id):
            controls.ask(controls.go_on)

    def roll_back(self, deployment: Deployment) -> None:
        """End it, with all traffic on the old version."""
        if controls := self._controls.get(deployment.id):
            controls.ask(controls.roll_back)

    def pause(self, deployment: Deployment) -> None:
        """Leave it as it is, to be gone on with later."""
        if controls := self._controls.get(deployment.id):
            controls.ask(controls.stop)

    def left(self, deployment: Deployment) -> None:
        """Its thread has ended."""
        self._controls.pop(deployment.id, None)

    def tell_unfinished(self, backend: Backend) -> None:
        """Say in the status line which ones wait to be gone on with."""

        def look(job: Job) -> Message | None:
            from workbench.aws.deploying.deployments import Deployments

            waiting = [
                each
                for each in Deployments(backend.root).unfinished(backend.target.key)
                if not self.is_running(each)
            ]
            if not waiting:
                return None
            first = waiting[0]
            more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
            return Say(
                f"A canary waits: {first.function} {first.alias} at {percent(first.share)} "
                f"v{first.target_version}{more}; <versions.canary> in Versions goes on.",
                "warning",
            )

        in_thread(self._node, "canaries", look)

    def _run(self, backend: Backend, name: str, make: Callable[[Deployer], Deployment]) -> None:
        def work(job: Job) -> Message:
            from workbench.aws.deploying.deployer import Deployer

            deployment: Deployment | None = None
            try:
                deployer = Deployer(
                    backend.client,
                    backend.root,
                    lambda deployment, counts: job.post(CanaryChanged(deployment, counts)),
                )
                deployment = make(deployer)
                with backend.permitted():
                    deployment = deployer.run(deployment, self._controls[deployment.id])
                return CanaryLeft(deployment)
            except Exception as error:
                # Told with the deployment: it may have begun.
                return CanaryLeft(deployment, failure(job.group, error).sentence)

        in_thread(self._node, f"canary of {backend.target.key} {name}", work)

    def changed(self, message: CanaryChanged) -> None:
        """Remember how it is."""
        self.known[message.deployment.id] = (message.deployment, message.counts)

    def counts(self, deployment: Deployment) -> Counts:
        """The newest counts of a deployment."""
        return self.known.get(deployment.id, (deployment, NO_COUNTS))[1]


def mark(deployment: Deployment, *, running: bool) -> str:
    """What stands at an alias whose deployment is not over: `▶ canary 10% v2`, and `‖` when
    this screen does not carry it out."""
    glyph = "▶" if running else "‖"
    return f"{glyph} canary {percent(deployment.share)} {named(deployment.target_version)}"


def outcome(deployment: Deployment) -> tuple[str, Severity]:
    """How a deployment ended, as a sentence for the status line."""
    what = f"Canary of {deployment.function} {deployment.alias}"
    reason = deployment.said[-1][1] if deployment.said else ""
    match deployment.status:
        case "Succeeded":
            return f"{what} succeeded: {reason}.", "success"
        case "InProgress":
            at = percent(deployment.share)
            return f"{what} is left at {at}; <versions.canary> goes on with it.", "warning"
    return f"{what} {reason}.", "warning"
