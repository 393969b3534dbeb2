"""Read-only until a person agrees: what stands between screens, commands and a change on AWS.

The guard belongs to a target (`Target.guard`), and all clients of it ask the guard before a request
goes out: whoever forgets to ask the person changes nothing. A permit holds for one thread, for the
length of a `with` block. What did change something, or was tried, is in the audit log.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.aws.errors import LambdaError
from workbench.aws.recording import simple_name
from workbench.aws.records import Target
from workbench.aws.targets import identity_of
from workbench.project import audit_log, user_config
from workbench.project.state_dir import StateDir

_READING = (
    "Get", "List", "Describe", "Head", "Filter", "BatchGet", "Search", "Lookup", "Simulate",
    "StartLiveTail", "StartQuery", "StopQuery", "Query", "Scan", "Export", "AssumeRole",
)  # fmt: skip
_INVOKING = ("Invoke", "InvokeWithResponseStream")
_LONGEST = 300

# What may hold secrets or is long: the log has its size.
_CONTENTS = frozenset(
    ["Payload", "ZipFile", "MessageBody", "MessageAttributes", "Message", "Data", "Detail", "Item",
     "Content", "Entries", "Records"]
)  # fmt: skip


class Guard:
    """The guard of one target. Safe to share between threads.

    `who` is the caller's ARN, `log` the audit log's file, `is_production` tells by a function's
    name whether the config marks it; names may be given in any form that Lambda takes.
    """

    def __init__(
        self,
        who: str,
        log: Path,
        *,
        account: str,
        region: str,
        is_production: Callable[[str], bool] = lambda function: False,
    ) -> None:
        self.who = who
        self.log = log
        self.is_production = is_production
        self._place = {"account": account, "region": region}
        self._permits = threading.local()

    @contextmanager
    def permit(self) -> Iterator[None]:
        """Let this thread change things: around what a person was asked for and agreed to."""
        self._permits.depth = getattr(self._permits, "depth", 0) + 1
        try:
            yield
        finally:
            self._permits.depth -= 1

    def watch(self, client: Any, service: str) -> None:
        """Check and log what a boto3 client of `service` does from now on."""
        events = client.meta.events
        events.register(f"before-parameter-build.{_id(client)}", self._before(service))
        events.register(f"after-call.{_id(client)}", self._after)
        events.register(f"after-call-error.{_id(client)}", self._failed)

    def _before(self, service: str) -> Callable[..., None]:
        def check(params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
            if is_reading(model.name, params):
                return
            if self._needs_permit(model.name, params) and not getattr(self._permits, "depth", 0):
                raise LambdaError(
                    "ReadOnly",
                    f"AWS is read-only here until you agree to a change: {model.name} was not sent",
                )
            try:
                audit_log.check(self.log)
            except OSError as error:
                raise LambdaError(
                    "AuditLog",
                    f"{model.name} was not sent, because the audit log cannot be written: "
                    f"{error.strerror}: {self.log}",
                ) from error
            context["workbench_change"] = {
                "operation": f"{service}:{model.name}",
                "parameters": {name: _logged(name, value) for name, value in params.items()},
            }

        return check

    def _needs_permit(self, operation: str, params: Mapping[str, Any]) -> bool:
        if operation not in _INVOKING:
            return True
        return self.is_production(str(params.get("FunctionName", "")))

    def _after(self, parsed: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        error = parsed.get("Error")
        result = f"{error.get('Code')}: {error.get('Message')}" if error else "ok"
        if parsed.get("FunctionError"):
            result = f"ok, the function failed ({parsed['FunctionError']})"
        request_id = parsed.get("ResponseMetadata", {}).get("RequestId")
        self._write(context, result, request_id)

    def _failed(self, exception: Exception, context: dict[str, Any], **_: object) -> None:
        self._write(context, f"no answer: {exception}", None)

    def _write(self, context: dict[str, Any], result: str, request_id: str | None) -> None:
        change = context.pop("workbench_change", None)
        if change is not None:
            self.note(change["operation"], change["parameters"], result, request_id)

    def note(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        result: str,
        request_id: str | None = None,
    ) -> None:
        """Add to the log what this process did not send itself. Raises OSError."""
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"when": when, "who": self.who, **self._place, "operation": operation,
                 "parameters": parameters, "result": result}  # fmt: skip
        if request_id:
            entry["requestId"] = request_id
        audit_log.append(self.log, entry)


def guarded(target: Target, root: Path) -> Target:
    """An AWS target with its account and a guard, which logs for the project in `root`.

    Asks STS who one is there. Raises LambdaError, and StateDirError without a place for the log.
    """
    (account, caller), config = identity_of(target), user_config.load()

    def is_production(function: str) -> bool:
        return config.is_production(
            profile=target.profile,
            account=account,
            region=target.region,
            function=simple_name(function),
        )

    log = StateDir(root).audit_log
    guard = Guard(caller, log, account=account, region=target.region, is_production=is_production)
    return replace(target, account=account, guard=guard)


def permitted(target: Target) -> AbstractContextManager[None]:
    """Around a change that was agreed to, in the thread that makes it: without this a target that
    is guarded changes nothing."""
    return target.guard.permit() if target.guard else nullcontext()


def is_reading(operation: str, parameters: Mapping[str, Any]) -> bool:
    """Whether an operation of any service changes nothing and runs no function."""
    if operation in _INVOKING:
        return parameters.get("InvocationType") == "DryRun"
    return operation.startswith(_READING)


def _id(client: Any) -> str:
    return str(client.meta.service_model.service_id.hyphenize())


def _logged(name: str, value: Any) -> Any:
    if name == "Variables" and isinstance(value, dict):  # of Environment
        return dict.fromkeys(value, "…")
    if name == "ZipFile" and isinstance(value, bytes | bytearray):
        return f"<{len(value):,} bytes, SHA-256 {hashlib.sha256(value).hexdigest()}>"
    if name in _CONTENTS or isinstance(value, bytes | bytearray):
        size = len(value) if hasattr(value, "__len__") else 0
        return f"<{size:,} {'bytes' if isinstance(value, bytes | bytearray) else 'long'}>"
    if isinstance(value, dict):
        return {key: _logged(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_logged("", inner) for inner in value]
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[:_LONGEST] + "…"
    return value
