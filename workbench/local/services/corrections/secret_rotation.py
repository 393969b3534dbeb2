"""Rotation of secrets by a function, step by step, as Secrets Manager does it (lambda-facts §8.5).

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
moto would run the steps in containers of its own, and takes the new version for the current one
whatever the function did.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from workbench.local.delivery.push.permission import allows
from workbench.local.services.settings import ServiceSettings

_PRINCIPAL = "secretsmanager.amazonaws.com"
_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")

Notice = Callable[[str], None]


@cache
def correct(place: ServiceSettings, notice: Notice) -> None:
    """Make moto's Secrets Manager so; loads it. `place` is where Lambda is."""
    from moto.secretsmanager import models

    backend: Any = models.SecretsManagerBackend
    backend.rotate_secret = _rotating(backend.rotate_secret, place, notice)
    backend.update_secret_version_stage = _current(backend.update_secret_version_stage)


def _rotating(
    original: Callable[..., Any], place: ServiceSettings, notice: Notice
) -> Callable[..., Any]:
    def rotate(
        self: Any,
        secret_id: str,
        client_request_token: str | None = None,
        rotation_lambda_arn: str | None = None,
        rotation_rules: dict[str, Any] | None = None,
        rotate_immediately: bool = True,
    ) -> Any:
        """The pending version is made by moto; the function's steps follow in their own time."""
        secret = self.secrets[secret_id] if self._is_valid_identifier(secret_id) else None
        function = str(rotation_lambda_arn or getattr(secret, "rotation_lambda_arn", ""))
        given = (client_request_token, function, rotation_rules, rotate_immediately)
        if secret is None or secret.is_deleted() or getattr(secret, "is_replica", False):
            return original(self, secret_id, *given)
        _check(place, function, secret.arn)
        _keep_moto_from_invoking()
        current = secret.default_version_id
        answer = original(self, secret_id, *given)
        secret.default_version_id = current
        secret.rotation_enabled = True  # the functions that AWS offers ask for it
        pending = (id for id, v in secret.versions.items() if "AWSPENDING" in v["version_stages"])
        steps = _STEPS if rotate_immediately else ("testSecret",)
        arguments = (place, function, secret.arn, next(pending, ""), steps, notice)
        threading.Thread(target=_run, args=arguments, name="rotation", daemon=True).start()
        return answer

    return rotate


def _current(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(
        self: Any,
        secret_id: str,
        version_stage: str,
        remove_from_version_id: str,
        move_to_version_id: str,
    ) -> Any:
        """The version that AWSCURRENT moves to is the one that is got from then on."""
        given = (version_stage, remove_from_version_id, move_to_version_id)
        answer = original(self, secret_id, *given)
        if version_stage == "AWSCURRENT" and move_to_version_id:
            self.secrets[secret_id].default_version_id = move_to_version_id
        return answer

    return update


def _check(place: ServiceSettings, function: str, secret_arn: str) -> None:
    """Raise moto's exceptions unless Secrets Manager may invoke the function."""
    from botocore.exceptions import ClientError
    from moto.secretsmanager import exceptions

    if not function:
        raise exceptions.InvalidRequestException(
            "No Lambda rotation function ARN is associated with this secret."
        )
    functions: Any = place.client("lambda")
    try:
        policy = json.loads(functions.get_policy(FunctionName=function)["Policy"])
    except ClientError as error:
        if "Function not found" in str(error):
            problem = f"Resource not found for ARN '{function}'."
            raise exceptions.ResourceNotFoundException(problem) from None
        policy = {}
    finally:
        functions.close()
    if not allows(policy, _PRINCIPAL, secret_arn, place.account):
        raise exceptions.SecretsManagerClientError(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
            f"policy grants access to the principal {_PRINCIPAL}.",
        )


class _NoFunctions:
    """In place of moto's own Lambda, which rotation would ask for each step."""

    def get_function(self, *_: object, **__: object) -> None:
        """There is every function."""

    def invoke(self, *_: object, **__: object) -> None:
        """The steps are taken by `_run`."""


@cache
def _keep_moto_from_invoking() -> None:
    from moto.awslambda import utils  # late: 0.4 s

    utilities: Any = utils
    utilities.get_backend = lambda account_id, region: _NoFunctions()


def _run(
    place: ServiceSettings,
    function: str,
    secret_arn: str,
    token: str,
    steps: Iterable[str],
    notice: Notice,
) -> None:
    """Take the steps until one fails."""
    from botocore.exceptions import BotoCoreError, ClientError

    functions: Any = place.client("lambda", read_timeout=920)
    for step in steps:
        event = {"SecretId": secret_arn, "ClientRequestToken": token, "Step": step}
        try:
            answer = functions.invoke(FunctionName=function, Payload=json.dumps(event))
            with answer["Payload"] as body:
                payload = body.read()
            problem = payload.decode() if answer.get("FunctionError") else ""
        except (BotoCoreError, ClientError) as error:
            problem = str(error)
        if problem:
            name = secret_arn.rpartition(":")[2]
            notice(f"The rotation of {name} ended at {step}: {problem[:300]}")
            break
    functions.close()
