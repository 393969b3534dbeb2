"""The load balancers of a template whose target groups have functions."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.project.front_doors.authorizers import function_of
from workbench.project.front_doors.load_balancers import (
    Action,
    Condition,
    FixedResponse,
    Forward,
    HealthCheck,
    LoadBalancer,
    Redirect,
    Rule,
    TargetGroup,
)
from workbench.project.loose_values import flag, mapping, text, texts, whole
from workbench.project.templates.declared import DeclaredResources
from workbench.project.tree import Node

Report = Callable[[Node, str], None]

_KIND = "AWS::ElasticLoadBalancingV2::"
_CONFIGURED = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
    "query-string": "QueryStringConfig",
}
_MULTI = "lambda.multi_value_headers.enabled"


class LoadBalancerReader:
    """Reads them. `report` is told of what cannot be served."""

    def __init__(self, declared: DeclaredResources, report: Report) -> None:
        self._declared = declared
        self._report = report
        groups = declared.of(f"{_KIND}TargetGroup")
        self._groups = {
            logical_id: group
            for logical_id, (_, given) in groups.items()
            if (group := _group(logical_id, given)) is not None
        }

    def read(self) -> tuple[LoadBalancer, ...]:
        """Every listener from which a request can get to a function."""
        if not self._groups:
            return ()
        return tuple(self._listeners())

    def _listeners(self) -> Iterator[LoadBalancer]:
        rules = self._declared.of(f"{_KIND}ListenerRule")
        for logical_id, (node, given) in self._declared.of(f"{_KIND}Listener").items():
            default = self._action(node, given.get("DefaultActions"))
            own = [
                rule
                for at, each in rules.values()
                if text(each.get("ListenerArn")) == logical_id
                and (rule := self._rule(at, each)) is not None
            ]
            own.sort(key=lambda rule: rule.priority)
            balancer = LoadBalancer(
                logical_id,
                default or FixedResponse(503, "text/plain", ""),
                tuple(own),
                self._groups,
            )
            if any(isinstance(action, Forward) for action in _actions(balancer)):
                yield balancer

    def _rule(self, node: Node, given: Mapping[str, Any]) -> Rule | None:
        action = self._action(node, given.get("Actions"))
        if action is None:
            return None
        conditions = [_condition(mapping(each)) for each in _list(given.get("Conditions"))]
        if not all(map(_readable, conditions)):
            self._report(node, "This rule has a condition that cannot be read; it is left out.")
            return None
        return Rule(whole(given.get("Priority")) or 0, tuple(conditions), action)

    def _action(self, node: Node, value: object) -> Action | None:
        """The last of the actions, which is the one that answers."""
        actions = [mapping(each) for each in _list(value)]
        actions.sort(key=lambda each: whole(each.get("Order")) or 50_000)
        for action in actions:
            type_ = text(action.get("Type"))
            if type_.startswith("authenticate"):
                self._report(node, f"{type_} is not done here: everybody is let through.")
        if not actions:
            return None
        action = actions[-1]
        match text(action.get("Type")):
            case "fixed-response":
                fixed = mapping(action.get("FixedResponseConfig"))
                status = whole(fixed.get("StatusCode")) or 200
                type_ = text(fixed.get("ContentType")) or "text/plain"
                return FixedResponse(status, type_, text(fixed.get("MessageBody")))
            case "redirect":
                return _redirect(mapping(action.get("RedirectConfig")))
        return self._forward(node, action)

    def _forward(self, node: Node, action: Mapping[str, Any]) -> Forward | None:
        named = [(text(action.get("TargetGroupArn")), 1)]
        for each in map(mapping, _list(mapping(action.get("ForwardConfig")).get("TargetGroups"))):
            weight = whole(each.get("Weight"))
            named.append((text(each.get("TargetGroupArn")), 1 if weight is None else weight))
        groups = tuple(
            (name, weight) for name, weight in dict(named).items() if name in self._groups
        )
        if not groups:
            self._report(node, "This leads to no target group with a function: it is left out.")
        return Forward(groups) if groups else None


def _actions(balancer: LoadBalancer) -> list[Action]:
    return [balancer.default, *(rule.action for rule in balancer.rules)]


def _group(name: str, given: Mapping[str, Any]) -> TargetGroup | None:
    targets = [mapping(each) for each in _list(given.get("Targets"))]
    function = function_of(targets[0].get("Id")) if targets else None
    if text(given.get("TargetType")) != "lambda" or function is None:
        return None
    attributes = {
        text(each.get("Key")): each.get("Value")
        for each in map(mapping, _list(given.get("TargetGroupAttributes")))
    }
    health = _health(given) if flag(given.get("HealthCheckEnabled")) else None
    return TargetGroup(name, *function, flag(attributes.get(_MULTI)), health, needs_permission=True)


def _health(given: Mapping[str, Any]) -> HealthCheck:
    return HealthCheck(
        text(given.get("HealthCheckPath")) or "/",
        whole(given.get("HealthCheckIntervalSeconds")) or 35,
        whole(given.get("HealthCheckTimeoutSeconds")) or 30,
        text(mapping(given.get("Matcher")).get("HttpCode")) or "200",
        whole(given.get("HealthyThresholdCount")) or 5,
        whole(given.get("UnhealthyThresholdCount")) or 2,
    )


def _condition(given: Mapping[str, Any]) -> Condition:
    field = text(given.get("Field"))
    configured = mapping(given.get(_CONFIGURED.get(field, "")))
    values = configured.get("Values", given.get("Values"))
    if field == "query-string":
        pairs = [mapping(each) for each in _list(values)]
        return Condition(
            field, pairs=tuple((text(each.get("Key")), text(each.get("Value"))) for each in pairs)
        )
    return Condition(field, texts(values), text(configured.get("HttpHeaderName")))


def _readable(condition: Condition) -> bool:
    if condition.field not in _CONFIGURED or not (condition.values or condition.pairs):
        return False
    if condition.field == "source-ip":
        try:
            for each in condition.values:
                ipaddress.ip_network(each)
        except ValueError:
            return False
    return True


def _redirect(given: Mapping[str, Any]) -> Redirect:
    status = 302 if text(given.get("StatusCode")).endswith("302") else 301
    plain = Redirect(status)
    return Redirect(
        status,
        text(given.get("Protocol")) or plain.protocol,
        text(given.get("Host")) or plain.host,
        text(given.get("Port")) or plain.port,
        text(given.get("Path")) or plain.path,
        text(given.get("Query")) or plain.query,
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
