"""The CloudFront distributions of a template that have Lambda@Edge functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from workbench.project.front_doors import edge_limits
from workbench.project.front_doors.authorizers import function_of
from workbench.project.front_doors.distributions import (
    EDGE_EVENTS,
    Association,
    AuthMethod,
    Behavior,
    Distribution,
    EdgeEvent,
    Origin,
    bucket_of,
)
from workbench.project.loose_values import flag, mapping, text, whole
from workbench.project.records import FunctionSource
from workbench.project.templates.declared import DeclaredResources
from workbench.project.tree import Node

Report = Callable[[Node, str], None]


class DistributionReader:
    """Reads them. `functions` are the template's, by name; `report` is told what CloudFront would
    not take."""

    def __init__(
        self,
        declared: DeclaredResources,
        functions: Mapping[str, FunctionSource],
        report: Report,
    ) -> None:
        self._declared = declared
        self._functions = functions
        self._report = report

    def read(self) -> tuple[Distribution, ...]:
        """All that have a function, in the template's order. A template's functions run as they
        are in its folder, whichever version an association names."""
        return tuple(self._distributions())

    def _distributions(self) -> Iterator[Distribution]:
        declared = self._declared.of("AWS::CloudFront::Distribution")
        for logical_id, (node, properties) in declared.items():
            config = mapping(properties.get("DistributionConfig"))
            behaviors = [
                self._behavior(node, mapping(each))
                for each in (
                    *_list(config.get("CacheBehaviors")),
                    config.get("DefaultCacheBehavior"),
                )
            ]
            if not any(behavior.associations for behavior in behaviors):
                continue
            given = map(mapping, _list(config.get("Origins")))
            origins = {text(each.get("Id")): _origin(each) for each in given}
            root = text(config.get("DefaultRootObject")).lstrip("/")
            yield Distribution(logical_id, origins, tuple(behaviors), root)

    def _behavior(self, node: Node, given: Mapping[str, Any]) -> Behavior:
        associations: dict[EdgeEvent, Association] = {}
        for each in map(mapping, _list(given.get("LambdaFunctionAssociations"))):
            arn, type_ = text(each.get("LambdaFunctionARN")), text(each.get("EventType"))
            event = next((name for name in EDGE_EVENTS if name == type_), None)
            found = function_of(arn)
            function = self._functions.get(found[0]) if found is not None else None
            if function is None or event is None:
                self._report(node, f"The function for “{type_}”, {arn or 'nothing'}, is not here.")
                continue
            for problem in edge_limits.problems(function, event):
                words = f"CloudFront does not take {function.name} for {event}: {problem}."
                self._report(node, words)
            associations[event] = Association(function.name, flag(each.get("IncludeBody")))
        pattern = text(given.get("PathPattern")) or "*"
        return Behavior(pattern, text(given.get("TargetOriginId")), associations)


def _origin(given: Mapping[str, Any]) -> Origin:
    domain, path = text(given.get("DomainName")), text(given.get("OriginPath")).rstrip("/")
    headers = tuple(
        (text(each.get("HeaderName")), text(each.get("HeaderValue")))
        for each in map(mapping, _list(given.get("OriginCustomHeaders")))
    )
    custom = mapping(given.get("CustomOriginConfig"))
    if not custom and bucket_of(domain) is not None:
        identity = text(mapping(given.get("S3OriginConfig")).get("OriginAccessIdentity"))
        access: AuthMethod = "origin-access-identity" if identity else "none"
        if given.get("OriginAccessControlId"):
            access = "origin-access-control"
        return Origin(domain, "https", 443, path, headers, s3=access)
    protocol: Literal["http", "https"] = (
        "https" if text(custom.get("OriginProtocolPolicy")) == "https-only" else "http"
    )
    port = whole(custom.get("HTTPSPort" if protocol == "https" else "HTTPPort"))
    port = port or (443 if protocol == "https" else 80)
    seconds = whole(custom.get("OriginReadTimeout")) or 30
    return Origin(domain, protocol, port, path, headers, seconds)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
