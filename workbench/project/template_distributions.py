"""The CloudFront distributions of a template that have Lambda@Edge functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from workbench.project.api_authorizers import function_of
from workbench.project.distributions import (
    EDGE_EVENTS,
    Association,
    Behavior,
    Distribution,
    EdgeEvent,
    Origin,
)
from workbench.project.loose_values import flag, mapping, text, whole
from workbench.project.template_declared import DeclaredResources
from workbench.project.tree import Node

Report = Callable[[Node, str], None]


class DistributionReader:
    """Reads them. `report` is told of origins that cannot be reached."""

    def __init__(self, declared: DeclaredResources, report: Report) -> None:
        self._declared = declared
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
                self._behavior(mapping(each))
                for each in (
                    *_list(config.get("CacheBehaviors")),
                    config.get("DefaultCacheBehavior"),
                )
            ]
            if not any(behavior.associations for behavior in behaviors):
                continue
            origins: dict[str, Origin] = {}
            for each in map(mapping, _list(config.get("Origins"))):
                id_ = text(each.get("Id"))
                if "S3OriginConfig" in each:
                    self._report(node, f"The origin {id_} is in S3: it is not reached from here.")
                else:
                    origins[id_] = _origin(each)
            yield Distribution(logical_id, origins, tuple(behaviors))

    def _behavior(self, given: Mapping[str, Any]) -> Behavior:
        associations: dict[EdgeEvent, Association] = {}
        for each in map(mapping, _list(given.get("LambdaFunctionAssociations"))):
            function = self._function(text(each.get("LambdaFunctionARN")))
            type_ = text(each.get("EventType"))
            event = next((name for name in EDGE_EVENTS if name == type_), None)
            if function and event is not None:
                associations[event] = Association(function, flag(each.get("IncludeBody")))
        pattern = text(given.get("PathPattern")) or "*"
        return Behavior(pattern, text(given.get("TargetOriginId")), associations)

    def _function(self, arn: str) -> str | None:
        """The function of a version: its ARN, or what Ref gives for one that is declared."""
        found = function_of(arn)
        if found is not None:
            return found[0]
        version = self._declared.of("AWS::Lambda::Version").get(arn)
        if version is None:
            return None
        name = text(version[1].get("FunctionName"))
        found = function_of(name)
        return found[0] if found is not None else name


def _origin(given: Mapping[str, Any]) -> Origin:
    custom = mapping(given.get("CustomOriginConfig"))
    protocol: Literal["http", "https"] = (
        "https" if text(custom.get("OriginProtocolPolicy")) == "https-only" else "http"
    )
    port = whole(custom.get("HTTPSPort" if protocol == "https" else "HTTPPort"))
    headers = map(mapping, _list(given.get("OriginCustomHeaders")))
    return Origin(
        text(given.get("DomainName")),
        protocol,
        port or (443 if protocol == "https" else 80),
        text(given.get("OriginPath")).rstrip("/"),
        tuple((text(each.get("HeaderName")), text(each.get("HeaderValue"))) for each in headers),
        whole(custom.get("OriginReadTimeout")) or 30,
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
