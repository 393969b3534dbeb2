"""An Application Load Balancer's listener in front of functions (lambda-facts §8.3)."""

from __future__ import annotations

import random
from zlib import crc32

from workbench.local.arns import partition
from workbench.local.errors import ApiError
from workbench.local.fronts.client import SOURCE_IP, added_headers
from workbench.local.fronts.front import failure, route_document
from workbench.local.fronts.function_caller import checked
from workbench.local.fronts.load_balancers import alb_events, alb_rules
from workbench.local.fronts.load_balancers.alb_health import HealthChecks
from workbench.local.fronts.payload_v2 import MalformedResult
from workbench.local.fronts.place import Place
from workbench.local.fronts.refusals import Refusal
from workbench.local.http.messages import Answer, Deferred, Request, Response
from workbench.local.runtime.records import InvokeResult
from workbench.project.front_doors.front_door import Declared
from workbench.project.front_doors.load_balancers import (
    Action,
    Condition,
    FixedResponse,
    Forward,
    LoadBalancer,
    Redirect,
    TargetGroup,
)

_SECONDS = 920.0  # a function times out by itself before
_PHRASES = {413: "Request Entity Too Large", 502: "Bad Gateway", 503: "Service Unavailable"}


class AlbFront:
    """Serves one listener at `port`."""

    kind = "Alb"

    def __init__(self, balancer: LoadBalancer, port: int, place: Place) -> None:
        self.port = port
        self._balancer = balancer
        self._config = place.config
        self._caller = place.caller
        self._tell = place.tell
        self._health = [
            HealthChecks(group, group.health, self._arn(group), place.caller, self._changed)
            for group in balancer.groups.values()
            if group.health is not None
        ]

    def redeclared(self, declared: Declared) -> bool:
        return False

    def call_back(self, request: Request) -> Answer | None:
        return None

    def close(self) -> None:
        for checks in self._health:
            checks.stop()

    def describe(self) -> dict[str, object]:
        balancer = self._balancer
        rules = [(_path(rule.conditions), rule.action) for rule in balancer.rules]
        return {
            "Kind": self.kind,
            "Name": balancer.name,
            "Url": f"http://{self._config.host}:{self.port}/",
            "Healthy": all(checks.healthy for checks in self._health),
            "Routes": [
                route_document("ANY", path, group.function, group.qualifier)
                for path, action in (*rules, ("/*", balancer.default))
                for group in self._groups(action)
            ],
        }

    def error_response(self, request: Request | None, error: ApiError) -> Response:
        return _page(error.status)

    def handle(self, request: Request) -> Answer:
        match alb_rules.action(self._balancer, request):
            case FixedResponse() as fixed:
                headers = [("Content-Type", fixed.content_type), _SERVER]
                return Response(fixed.status, fixed.body.encode(), headers)
            case Redirect() as to:
                response = alb_rules.redirect(to, request, self.port)
                response.headers = [*response.headers, _SERVER]
                return response
            case Forward() as forward:
                return self._forward(forward, request)

    def _forward(self, forward: Forward, request: Request) -> Answer:
        weights = [weight for _, weight in forward.groups]
        if not any(weights):
            return self._refused(request, 503, "No target group of this rule has a function.")
        name = random.choices([name for name, _ in forward.groups], weights)[0]
        group = self._balancer.groups[name]
        if len(request.body) > alb_events.MAX_SIZE:
            reason = "The body is larger than 1 MB, the most that a function can get."
            return self._refused(request, 413, reason, group)
        answer = Deferred()

        def done(result: InvokeResult | None) -> None:
            answer.resolve(self._answered(group, request, result))

        try:
            target = self._caller.target(group.function, group.qualifier)
            if group.needs_permission:
                service = "elasticloadbalancing.amazonaws.com"
                self._caller.check_permission(
                    group.function, group.qualifier, service, [self._arn(group)]
                )
            trace = self._caller.trace(target, request.headers.get("x-amzn-trace-id"))
            added = {name.lower(): value for name, value in added_headers(trace, self.port)}
            before = request.headers.get("x-forwarded-for")
            if before:
                added["x-forwarded-for"] = f"{before}, {SOURCE_IP}"
            event = alb_events.event(
                self._arn(group), request, added.items(), multi=group.multi_value_headers
            )
            self._caller.invoke(target, event, trace, _SECONDS, done)
        except Refusal as refusal:
            return self._refused(request, 502, refusal.reason, group)
        return answer

    def _answered(
        self, group: TargetGroup, request: Request, result: InvokeResult | None
    ) -> Response:
        try:
            payload = checked(group.function, result, _SECONDS).payload
            response = alb_events.response(payload, multi=group.multi_value_headers)
        except Refusal as refusal:
            return self._refused(request, 502, refusal.reason, group)
        except MalformedResult as problem:
            reason = f"The result of {group.function} is no response: {problem}."
            return self._refused(request, 502, reason, group)
        response.headers = [_SERVER, *response.headers]
        if response.status >= 400:
            reason = f"{group.function} answered with status {response.status}."
            self._told(request, response.status, reason, group)
        return response

    def _refused(
        self, request: Request, status: int, reason: str, group: TargetGroup | None = None
    ) -> Response:
        self._told(request, status, reason, group)
        return _page(status)

    def _told(self, request: Request, status: int, reason: str, group: TargetGroup | None) -> None:
        function = group.function if group is not None else None
        self._tell(failure(self.kind, self._balancer.name, request, status, reason, function))

    def _changed(self, group: TargetGroup, healthy: bool, reason: str) -> None:
        assert group.health is not None
        request = Request("GET", group.health.path)
        status = 200 if healthy else 503
        told = failure(self.kind, self._balancer.name, request, status, reason, group.function)
        self._tell({**told, "Healthy": healthy})

    def _groups(self, action: Action) -> list[TargetGroup]:
        names = [name for name, _ in action.groups] if isinstance(action, Forward) else []
        return [self._balancer.groups[name] for name in names]

    def _arn(self, group: TargetGroup) -> str:
        config = self._config
        place = f"{partition(config.region)}:elasticloadbalancing:{config.region}:{config.account}"
        return f"arn:{place}:targetgroup/{group.name}/{crc32(group.name.encode()):016x}"


_SERVER = ("Server", "awselb/2.0")


def _path(conditions: tuple[Condition, ...]) -> str:
    """What a rule says of the path, for people."""
    patterns = [each.values for each in conditions if each.field == "path-pattern"]
    return " ".join(patterns[0]) if patterns else "/*"


def _page(status: int) -> Response:
    """An error as the load balancer itself words it."""
    title = f"{status} {_PHRASES.get(status, 'Bad Request')}"
    lines = (
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "</body>",
        "</html>",
        "",
    )
    return Response(status, "\r\n".join(lines).encode(), [_SERVER, ("Content-Type", "text/html")])
