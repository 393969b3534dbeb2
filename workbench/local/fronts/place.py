"""What the fronts of all APIs share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.local.config import ServerConfig
from workbench.local.fronts.authorizers.key_sets import KeySets
from workbench.local.fronts.function_caller import FunctionCaller
from workbench.local.services.settings import ServiceSettings

Tell = Callable[[dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class Place:
    """What APIs share: the local Lambda, whom to `tell` of requests that fail, and how to reach
    the AWS services, known once the local Lambda listens."""

    config: ServerConfig
    caller: FunctionCaller
    key_sets: KeySets
    tell: Tell
    services: Callable[[], ServiceSettings]
