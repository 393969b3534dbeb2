"""What Lambda publishes in namespace AWS/Lambda: names, units, dimensions (lambda-facts §5)."""

from __future__ import annotations

from typing import NamedTuple

NAMESPACE = "AWS/Lambda"

MILLISECONDS = frozenset(
    {
        "AsyncEventAge",
        "Duration",
        "IteratorAge",
        "OffsetLag",
        "PostRuntimeExtensionsDuration",
        "UrlRequestLatency",
    }
)

# Levels rather than happenings: those of a function do not add up from those of its versions.
GAUGES = frozenset(
    {
        "ClaimedAccountConcurrency",
        "ConcurrentExecutions",
        "ProvisionedConcurrencyUtilization",
        "ProvisionedConcurrentExecutions",
        "UnreservedConcurrentExecutions",
    }
)


class Series(NamedTuple):
    """What a value was measured of, as particularly as it is known; "" where it is not.

    `resource` is `function`, `function:alias` or `function:number`, as the caller named it;
    `version` is the one that ran; `mapping` is the UUID of an event source mapping.
    """

    metric: str
    function: str = ""
    resource: str = ""
    version: str = ""
    mapping: str = ""


# The names of dimensions that go together.
DIMENSION_NAMES = frozenset(
    map(
        frozenset,
        (
            (),
            ("FunctionName",),
            ("FunctionName", "Resource"),
            ("FunctionName", "Resource", "ExecutedVersion"),
            ("EventSourceMappingUUID",),
        ),
    )
)


def unit(metric: str) -> str:
    """CloudWatch's unit of a metric."""
    if metric in MILLISECONDS:
        return "Milliseconds"
    return "None" if metric == "ProvisionedConcurrencyUtilization" else "Count"


def dimension_sets(series: Series) -> list[dict[str, str]]:
    """The dimensions under which values of `series` are published.

    Those of an invocation: none (all of the account), FunctionName, with Resource, and for an
    alias with ExecutedVersion too. Those of a mapping: EventSourceMappingUUID.
    """
    if series.mapping:
        return [{"EventSourceMappingUUID": series.mapping}]
    function = {"FunctionName": series.function} if series.function else {}
    if series.metric in GAUGES:
        return [{**function, "Resource": series.resource} if series.resource else function]
    sets: list[dict[str, str]] = [{}]
    if function:
        sets.append(function)
    if series.resource:
        sets.append({**function, "Resource": series.resource})
        qualifier = series.resource.partition(":")[2]
        if series.version and qualifier and qualifier not in (series.version, "$LATEST"):
            sets.append(
                {**function, "Resource": series.resource, "ExecutedVersion": series.version}
            )
    return sets
