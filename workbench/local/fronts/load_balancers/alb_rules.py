"""Which rule of a load balancer's listener a request meets. No I/O.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import ipaddress
import re

from workbench.local.fronts.client import SOURCE_IP
from workbench.local.fronts.wildcards import matches
from workbench.local.http.messages import Request, Response
from workbench.project.front_doors.load_balancers import Action, Condition, LoadBalancer, Redirect

_SOURCE = ipaddress.ip_address(SOURCE_IP)


def action(balancer: LoadBalancer, request: Request) -> Action:
    """What is to be done with a request."""
    for rule in balancer.rules:
        if all(_met(condition, request) for condition in rule.conditions):
            return rule.action
    return balancer.default


def redirect(to: Redirect, request: Request, port: int) -> Response:
    """The response of a redirect action."""
    host, _, _ = request.headers.get("host", "").partition(":")
    values = {
        "protocol": "http",
        "host": host,
        "port": str(port),
        "path": request.path[1:],
        "query": request.query,
    }

    def filled(part: str) -> str:
        return re.sub(r"#\{(\w+)\}", lambda match: values.get(match[1], match[0]), part)

    query = filled(to.query)
    location = f"{filled(to.protocol).lower()}://{filled(to.host)}:{filled(to.port)}"
    location += filled(to.path) + (f"?{query}" if query else "")
    return Response(to.status, b"", [("Location", location), ("Content-Type", "text/html")])


def _met(condition: Condition, request: Request) -> bool:
    match condition.field:
        case "path-pattern":
            return _any(condition.values, request.path)
        case "host-header":
            host = request.headers.get("host", "").partition(":")[0]
            return _any(condition.values, host, ignore_case=True)
        case "http-header":
            value = request.headers.get(condition.name.lower())
            return value is not None and _any(condition.values, value, ignore_case=True)
        case "http-request-method":
            return request.method in condition.values
        case "source-ip":
            return any(_SOURCE in ipaddress.ip_network(each) for each in condition.values)
        case "query-string":
            return any(
                matches(value, given, ignore_case=True)
                and (not key or matches(key, name, ignore_case=True))
                for key, value in condition.pairs
                for name, given in request.query_pairs()
            )
    return False


def _any(patterns: tuple[str, ...], text: str, *, ignore_case: bool = False) -> bool:
    return any(matches(pattern, text, ignore_case=ignore_case) for pattern in patterns)
