"""Application Load Balancers of a project that have functions as targets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_TARGET = re.compile(r"([a-zA-Z0-9-_]{1,64})(?::([a-zA-Z0-9-_$]+))?")


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """`interval` and `timeout` are in seconds, `codes` such as "200", "200,202" or "200-299";
    `healthy` and `unhealthy` are how many answers in a row change the state."""

    path: str = "/"
    interval: float = 35.0
    timeout: float = 30.0
    codes: str = "200"
    healthy: int = 5
    unhealthy: int = 2


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """A target group with a function. Without `health` it is not checked, which is the default.
    `needs_permission`: the function's policy has to allow the load balancer to invoke it."""

    name: str
    function: str
    qualifier: str | None = None
    multi_value_headers: bool = False
    health: HealthCheck | None = None
    needs_permission: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule's condition: `field` as AWS names it ("path-pattern" …), `name` is the one of an
    http-header, `pairs` are the keys ("" for any) and values of a query-string."""

    field: str
    values: tuple[str, ...] = ()
    name: str = ""
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Forward:
    """Names of target groups, with their weights."""

    groups: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FixedResponse:
    """What a rule of type fixed-response answers."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """The parts may have `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`."""

    status: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"


Action = Forward | FixedResponse | Redirect


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to requests that meet all of the conditions."""

    priority: int
    conditions: tuple[Condition, ...]
    action: Action


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """One listener of a load balancer; `name` is the listener's logical id. The rules are in the
    order of their priority."""

    name: str
    default: Action
    rules: tuple[Rule, ...] = ()
    groups: Mapping[str, TargetGroup] = field(default_factory=dict)
    kind: Literal["ALB"] = "ALB"


def parse_load_balancer(text: str) -> LoadBalancer:
    """A load balancer of the command line, all of whose requests go to one function: `Orders` or
    `Orders:live`. Raises ValueError with a sentence."""
    match = _TARGET.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text} is no function's name: write it like Orders or Orders:live")
    name = f"alb-{match[1]}"
    group = TargetGroup(name, match[1], match[2])
    return LoadBalancer(name, Forward(((name, 1),)), groups={name: group})
