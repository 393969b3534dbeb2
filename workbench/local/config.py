"""How one local Lambda is set up: fixed when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from workbench.local.services.choice import EMBEDDED, ServiceChoice
from workbench.project.front_doors.apis import Route
from workbench.project.front_doors.front_door import Declared

Isolation = Literal["auto", "none"]


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Everything the local Lambda's parts need to know about the whole.

    `state` is the folder of `state.db`, `logs.db` and `code/` (`<project>/.workbench`).
    `port` 0 takes a free one; `url` is known only once the server listens (see `Endpoint.url`).
    `transition_seconds` is how long `Pending` and `InProgress` last (lambda-facts §4.3).
    `time_scale` divides Lambda's long waits (retries of asynchronous events, lambda-facts §6).
    `concurrency` is the account's (§5); `log_group_bytes` bounds the
    text kept for one log group, oldest dropped first. `services` are the ones functions use, and
    `credentials` the AWS profile whose credentials they get (None: none that mean anything).
    With `isolation` "none" functions see this machine's file system even where the kernel allows
    each environment its own. `freeze` and `cpu_limits`: see RuntimeConfig.
    `routes` make an HTTP API of their own; `fronts` are other front doors of the command line.
    `brokers` are the addresses of message brokers by their ARNs.
    """

    state: Path
    project: Path | None = None
    account: str = "123456789012"
    region: str = "us-east-1"
    host: str = "127.0.0.1"
    port: int = 0
    transition_seconds: float = 0.1
    time_scale: float = 1.0
    concurrency: int = 1000
    isolation: Isolation = "auto"
    freeze: bool = False
    cpu_limits: bool = False
    log_group_bytes: int = 64 * 1024 * 1024
    services: ServiceChoice = EMBEDDED
    credentials: str | None = None
    routes: tuple[Route, ...] = ()
    fronts: tuple[Declared, ...] = ()
    brokers: Mapping[str, str] = field(default_factory=dict)

    @property
    def unreserved_minimum(self) -> int:
        """The concurrency that no function may take for itself: 100, and all of it in accounts
        that have less, such as new ones with 10 or 50 (lambda-facts §5)."""
        return min(100, self.concurrency)
