"""PutLifecycleEventHookExecutionStatus: how a hook of a deployment says what it found.

A hook function gets the deployment's id and its own execution's, and calls CodeDeploy with them
(lambda-facts §12). Deployments are carried out by the screen or a command, which announces each
execution over `/_workbench/` before it invokes the hook, and asks there for its status.
"""

from __future__ import annotations

import asyncio
import re
import uuid

from workbench.local.api.protocols.model import ServiceModel, service_model
from workbench.local.api.protocols.validate import validate
from workbench.local.api.protocols.wire import Wire, wire_of
from workbench.local.errors import ApiError
from workbench.local.http.messages import Answer, Request, Response
from workbench.local.services.services import Services

OPERATION = "PutLifecycleEventHookExecutionStatus"
_KEPT = 1_000  # executions; the oldest are forgotten
_DEPLOYMENT = re.compile(r"d-[A-Z0-9]{9}")


class LifecycleHooks:
    """The hooks' executions and their status: Pending, Succeeded or Failed. In memory: what a
    restart ends are the hook functions, too.

    Requests signed for CodeDeploy about anything else go to `services`.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._model: ServiceModel | None = None
        self._status: dict[tuple[str, str], str] = {}

    def expect(self, deployment: str, execution: str) -> None:
        """An execution begins: its hook may report. One that has reported keeps its status."""
        self._status.setdefault((deployment, execution), "Pending")
        while len(self._status) > _KEPT:
            del self._status[next(iter(self._status))]

    def status(self, deployment: str, execution: str) -> str | None:
        """Pending, Succeeded or Failed; None for an execution nobody announced."""
        return self._status.get((deployment, execution))

    def handle(self, request: Request) -> Answer:
        """The answer, an error's too, in the protocol of the request."""
        wire = wire_of(request)
        if wire.name != OPERATION:
            return self._services.handle(request)
        return self._answer(wire)

    async def _answer(self, wire: Wire) -> Response:
        if self._model is None:
            self._model = await asyncio.to_thread(service_model, "codedeploy", "2014-10-06")
        operation = self._model.operations[OPERATION]
        request_id = str(uuid.uuid4())
        try:
            values = wire.input(operation)
            validate(operation.input, values)
            execution = self._put(
                values.get("deploymentId"),
                values.get("lifecycleEventHookExecutionId", ""),
                values.get("status"),
            )
        except ApiError as error:
            return wire.error(error, request_id)
        output = {"lifecycleEventHookExecutionId": execution}
        return wire.response(operation, output, request_id)

    def _put(self, deployment: str | None, execution: str, status: str | None) -> str:
        if not deployment:
            raise _refused("DeploymentIdRequiredException", "Deployment ID must be specified")
        if _DEPLOYMENT.fullmatch(deployment) is None:
            raise _refused("InvalidDeploymentIdException", f"Invalid deployment ID: {deployment}")
        if not any(known == deployment for known, _ in self._status):
            message = f"The deployment {deployment} could not be found"
            raise _refused("DeploymentDoesNotExistException", message)
        before = self._status.get((deployment, execution))
        if before is None:
            message = f"Invalid lifecycle event hook execution ID: {execution}"
            raise _refused("InvalidLifecycleEventHookExecutionIdException", message)
        if status not in ("Succeeded", "Failed"):
            message = f"The status {status} is invalid: it has to be Succeeded or Failed"
            raise _refused("InvalidLifecycleEventHookExecutionStatusException", message)
        if before != "Pending":
            message = f"The lifecycle event hook execution {execution} is already completed"
            raise _refused("LifecycleEventAlreadyCompletedException", message)
        self._status[deployment, execution] = status
        return execution


def _refused(code: str, message: str) -> ApiError:
    return ApiError(code, message, type=None)
