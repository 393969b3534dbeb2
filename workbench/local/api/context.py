"""What every operation works with."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from workbench.local.api.functions.transitions import Transitions
from workbench.local.arns import function_arn, resolve_function
from workbench.local.config import ServerConfig
from workbench.local.delivery.event_sources import EventSources
from workbench.local.delivery.push.log_subscriptions import LogSubscriptions
from workbench.local.errors import ApiError, not_found
from workbench.local.metrics.counters import Metrics
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.faults import Fault
from workbench.local.runtime.provisioned import ProvisionedStatus, Wanted
from workbench.local.runtime.records import FunctionSpec, InvokeRequest
from workbench.local.services.services import Services
from workbench.local.store.records import LATEST, Alias, Function, Version
from workbench.local.store.store import Store
from workbench.local.xray.sampling import Sampler

Input = dict[str, Any]
Output = dict[str, Any]


class FunctionRuntime(Protocol):
    """What the API needs of the runtime."""

    def invoke(self, spec: FunctionSpec, request: InvokeRequest) -> Execution:
        """Begin one invocation; raises Throttled and UnsupportedRuntime."""

    def prepare(self, spec: FunctionSpec) -> None:
        """Make a cold start of `spec` quick."""

    def retire(
        self, function_arn: str, keep_identity: str | None = None, version: str | None = None
    ) -> None:
        """Stop environments of other identities."""

    def reserve(self, function_arn: str, concurrency: int | None) -> None:
        """Limit the function to this reserved concurrency."""

    def provision(self, function_arn: str, wanted: Mapping[str, Wanted]) -> None:
        """Keep environments of the function initialised, by qualifier."""

    def make_snapshot(self, spec: FunctionSpec, done: Callable[[Fault | None], None]) -> None:
        """Initialise a version with SnapStart once; raises UnsupportedRuntime."""

    def provisioned(self, function_arn: str, qualifier: str) -> ProvisionedStatus:
        """How far `provision` is with this qualifier."""


class UrlFront(Protocol):
    """What the API needs of the front door that serves function URLs."""

    def open(self, function: str, qualifier: str) -> int:
        """Listen for a new URL; returns its port."""

    def changed(self, function: str, qualifier: str) -> None:
        """Its configuration was written or removed."""


@dataclass(slots=True)
class Context:
    """The parts an operation may use. `url` is the endpoint's own, known once it listens."""

    config: ServerConfig
    store: Store
    runtime: FunctionRuntime
    transitions: Transitions
    services: Services
    metrics: Metrics
    event_sources: EventSources
    sampler: Sampler = field(default_factory=Sampler)
    url: str = ""
    urls: UrlFront = field(init=False)
    log_subscriptions: LogSubscriptions = field(init=False)

    def arn(self, name: str, qualifier: str | None = None) -> str:
        """The function's ARN."""
        return function_arn(self.config, name, qualifier)

    def named(self, input: Mapping[str, Any]) -> tuple[str, str | None]:
        """The bare name and qualifier of a request; raises ApiError (lambda-facts §4.6)."""
        return resolve_function(self.config, input["FunctionName"], input.get("Qualifier"))

    def function(self, name: str, qualifier: str | None = None) -> Function:
        """The function, or 404 naming its ARN with `qualifier`."""
        found = self.store.functions.get(name)
        if found is None:
            raise not_found(f"Function not found: {self.arn(name, qualifier)}")
        return found

    def version(self, name: str, qualifier: str | None) -> tuple[Version, Alias | None]:
        """The version that `qualifier` (a version, an alias or None) means now, or 404."""
        functions = self.store.functions
        alias: Alias | None = None
        version: Version | None = None
        if qualifier is None or qualifier == LATEST or qualifier.isdigit():
            version = functions.version(name, qualifier or LATEST)
        else:
            alias = functions.alias(name, qualifier)
            if alias is not None:
                version = functions.version(name, alias.version)
        if version is None:
            raise not_found(f"Function not found: {self.arn(name, qualifier)}")
        return version, alias

    def alias(self, name: str, alias: str) -> Alias:
        """The alias itself, or 404."""
        found = self.store.functions.alias(name, alias)
        if found is None:
            raise not_found(f"Cannot find alias arn: {self.arn(name, alias)}")
        return found

    def revision(self, name: str, qualifier: str | None) -> str:
        """The RevisionId of a function ($LATEST), a version or an alias."""
        version, alias = self.version(name, qualifier)
        revision: str = version.configuration["RevisionId"]
        return revision if alias is None else alias.revision_id

    def renew_revision(self, name: str, qualifier: str | None = None) -> None:
        """Give a function ($LATEST), a version or an alias a new RevisionId."""
        version, alias = self.version(name, qualifier)
        if alias is not None:
            self.store.functions.put_alias(replace(alias, revision_id=new_revision()))
            return
        renewed = {**version.configuration, "RevisionId": new_revision()}
        self.store.functions.put_version(replace(version, configuration=renewed))


Operation = Callable[[Context, Input], Output | Awaitable[Output]]


def new_revision() -> str:
    """A fresh RevisionId."""
    return str(uuid.uuid4())


def unqualified_only(qualifier: str | None) -> None:
    """Refuse a qualifier where the operation is for whole functions (no. 41)."""
    if qualifier is not None:
        raise ApiError(
            "InvalidParameterValueException",
            "This operation is permitted on Lambda functions only. Aliases and versions do not "
            "support this operation. Please specify either a function name or an unqualified "
            "function ARN.",
        )
