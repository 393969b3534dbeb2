"""From a function and a qualifier to what the runtime runs, remembered for the invoke path."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from workbench.local.api.code import images
from workbench.local.api.context import Context
from workbench.local.api.functions import snapstart
from workbench.local.arns import resolve_function
from workbench.local.delivery import lineage
from workbench.local.errors import ApiError, conflict
from workbench.local.runtime.records import FunctionSpec
from workbench.local.store.records import LATEST, Version
from workbench.project.handlers.handler_file import handler_file

# Members of a configuration that do not change how a function runs.
_VOLATILE = frozenset(
    {
        "RevisionId", "State", "StateReason", "StateReasonCode", "LastUpdateStatus",
        "LastUpdateStatusReason", "LastUpdateStatusReasonCode", "CodeSha256", "CodeSize",
        "Description",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """Where an invocation goes: the ARN it was invoked by, and its version or weighted two.

    `mark` stands for the function in a lineage (see delivery/lineage.py). `source` is the
    handler's file when the code is a linked folder, as it was at `saved`.
    """

    invoked_arn: str
    mark: str
    spec: FunctionSpec
    other: FunctionSpec | None = None
    other_weight: float = 0.0
    source: Path | None = None
    saved: int = 0

    def choose(self) -> FunctionSpec:
        """The version for one request: at random by weight (lambda-facts §4.5)."""
        if self.other is not None and random.random() < self.other_weight:
            return self.other
        return self.spec


class Specs:
    """Resolves what is invoked. A change of any function forgets what was resolved of it all."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._targets: dict[tuple[str, str | None], Target] = {}
        self._generations: Counter[str] = Counter()
        self._seen: dict[str, tuple[Path, int]] = {}
        self.on_stale: Callable[[str], None] = self.code_changed
        context.store.functions.on_change.append(self._changed)

    def find(self, function_name: str, qualifier: str | None) -> Target:
        """The target of FunctionName and Qualifier as a request has them. Raises ApiError."""
        target = self._targets.get((function_name, qualifier))
        # News of a saved file takes some milliseconds; an invocation right after it looks itself.
        if target is not None and target.source and _saved(target.source) != target.saved:
            self._seen[target.spec.name] = (target.source, _saved(target.source))
            self.on_stale(target.spec.name)
            target = None
        if target is None:
            target = self._resolve(function_name, qualifier)
            if len(self._targets) > 20_000:
                self._targets.clear()
            self._targets[function_name, qualifier] = target
        return target

    def code_changed(self, name: str) -> None:
        """A file of the linked folder changed: the next invocation needs a new environment."""
        self._generations[name] += 1
        self._changed(name)

    def has_seen(self, name: str, files: Collection[Path]) -> bool:
        """Whether an invocation noticed by itself that `files` are as they are now."""
        source, saved = self._seen.get(name, (None, 0))
        return source is not None and set(files) == {source} and _saved(source) == saved

    def spec(self, version: Version) -> FunctionSpec:
        """How the runtime is to run `version`."""
        configuration = version.configuration
        context = self._context
        lasting = {k: v for k, v in configuration.items() if k not in _VOLATILE}
        facts = [
            lasting, version.code, str(version.image), str(version.folder),
            str(version.dependencies),
            [str(layer) for layer in version.layers],
            self._generations[version.function] if version.folder else 0,
        ]  # fmt: skip
        identity = hashlib.sha1(json.dumps(facts).encode(), usedforsecurity=False).hexdigest()
        logging = configuration.get("LoggingConfig", {})
        return FunctionSpec(
            name=version.function,
            arn=context.arn(version.function),
            version=version.version,
            identity=identity,
            runtime=configuration.get("Runtime") or "",
            handler=configuration.get("Handler") or "",
            task_root=self._task_root(version),
            timeout=configuration["Timeout"],
            memory_size=configuration["MemorySize"],
            ephemeral_storage=configuration["EphemeralStorage"]["Size"],
            architecture=configuration["Architectures"][0],
            environment=configuration.get("Environment", {}).get("Variables", {}),
            layers=tuple(context.store.code.root / layer for layer in version.layers),
            dependencies=version.dependencies,
            log_group=logging.get("LogGroup", f"/aws/lambda/{version.function}"),
            log_format=logging.get("LogFormat", "Text"),
            application_log_level=logging.get("ApplicationLogLevel"),
            system_log_level=logging.get("SystemLogLevel"),
            account=context.config.account,
            region=context.config.region,
            snap_start=snapstart.is_optimised(configuration),
            active_tracing=configuration["TracingConfig"]["Mode"] == "Active",
            image=images.container_image(version),
        )

    def _task_root(self, version: Version) -> Path:
        if version.image is not None:
            return Path("/var/task")
        return version.folder or self._context.store.code.folder(version.code)

    def _resolve(self, function_name: str, qualifier: str | None) -> Target:
        context = self._context
        name, qualifier = resolve_function(context.config, function_name, qualifier)
        # An unqualified invocation of a missing function is told of as :$LATEST (§2.3).
        version, alias = context.version(name, qualifier or LATEST)
        _check_state(version)
        invoked_arn = context.arn(name, qualifier)
        mark = lineage.mark(context.arn(name))
        for other, weight in alias.weights.items() if alias else ():
            second, _ = context.version(name, other)
            _check_state(second)
            return Target(invoked_arn, mark, self.spec(version), self.spec(second), weight)
        spec = self.spec(version)
        source = handler_file(version.folder, spec.handler) if version.folder else None
        saved = _saved(source) if source else 0
        return Target(invoked_arn, mark, spec, source=source, saved=saved)

    def _changed(self, name: str) -> None:
        # Keys are names as requests wrote them; changes are rare, so all may go.
        self._targets.clear()


def _saved(file: Path) -> int:
    """When the file was last written, in ns; 0 when it is gone."""
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116  (half the time of Path.stat)
    except OSError:
        return 0


def _check_state(version: Version) -> None:
    state = version.configuration.get("State")
    if state == "Active":
        return
    if state == "Pending" and snapstart.is_optimised(version.configuration):
        raise ApiError(
            "SnapStartNotReadyException",
            "Lambda is initializing your function. You can invoke the function when the function "
            "state becomes Active.",
        )
    raise conflict(
        "The operation cannot be performed at this time. The function is currently in the "
        f"following state: {state}"
    )
