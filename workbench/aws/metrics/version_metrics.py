"""How often versions and aliases of a function ran and failed, from CloudWatch, on either target.

Lambda counts by `Resource`, the version or alias as the caller named it, and for an alias by
`ExecutedVersion` too (lambda-facts §5). On AWS numbers come a minute or two late, and for an
alias with one version only, `ExecutedVersion` may be missing: then all of it is that version's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import in_words
from workbench.aws.metrics.metrics import NAMESPACE, metric_results
from workbench.aws.records import Alias, Counts

_METRICS = ("Invocations", "Errors")
_MOST_VERSIONS = 30  # whose share of an alias is asked for

Series = tuple[str, str]
"""A qualifier ("" for none) and the version that ran ("" for whichever)."""

Minutes = Mapping[Series, Mapping[int, float]]
"""Sums by series and minute (epoch seconds)."""


def alias_counts(
    clients: Clients, function: str, alias: Alias, versions: Iterable[str], start: float, now: float
) -> Counts:
    """What ran behind an alias since the minute of `start` (epoch seconds), by version.

    Raises LambdaError.
    """
    wanted = [(alias.name, version) for version in versions]
    found = _read(clients, function, wanted, start, now)
    return Counts(*({v: sum(each[alias.name, v].values()) for _, v in wanted} for each in found))


def resource_counts(
    clients: Clients, function: str, qualifier: str, start: float, now: float
) -> tuple[int, int]:
    """Invocations and errors of what was called by one qualifier, whichever version ran, since
    the minute of `start`. Raises LambdaError."""
    series = (qualifier, "")
    invocations, errors = _read(clients, function, [series], start, now)
    return int(sum(invocations[series].values())), int(sum(errors[series].values()))


def function_counts(
    clients: Clients,
    function: str,
    versions: Sequence[str],
    aliases: Sequence[Alias],
    start: float,
    now: float,
) -> Counts:
    """What each alias and each version ran since the minute of `start`, by their names.

    A version's are those by its number and those through aliases. Raises LambdaError.
    """
    numbers = list(versions)[:_MOST_VERSIONS]
    by_name = [("", ""), *((name, "") for name in (*numbers, *(a.name for a in aliases)))]
    through = [(alias.name, version) for alias in aliases for version in numbers]
    found = _read(clients, function, [*by_name, *through], start, now)
    return Counts(*(_by_qualifier(each, numbers, aliases) for each in found))


def _by_qualifier(
    minutes: Minutes, versions: Sequence[str], aliases: Sequence[Alias]
) -> dict[str, float]:
    total = {series: sum(values.values()) for series, values in minutes.items()}
    counts = {"$LATEST": total.get(("", ""), 0.0)}
    for version in versions:
        counts[version] = total.get((version, ""), 0.0)
    for alias in aliases:
        counts[alias.name] = total.get((alias.name, ""), 0.0)
        split = {version: total.get((alias.name, version), 0.0) for version in versions}
        if not any(split.values()):
            split = {alias.function_version: counts[alias.name]}
        for version, value in split.items():
            counts[version] = counts.get(version, 0.0) + value
    return counts


def _read(
    clients: Clients, function: str, wanted: Sequence[Series], start: float, now: float
) -> list[Minutes]:
    """The sums of each of `_METRICS`."""
    client = clients.service("cloudwatch")
    found: list[dict[Series, dict[int, float]]] = [defaultdict(dict) for _ in _METRICS]
    queries = [
        _query(f"m{place}_{number}", function, metric, series)
        for place, metric in enumerate(_METRICS)
        for number, series in enumerate(wanted)
    ]
    begin, end = int(start) // 60 * 60, int(now) // 60 * 60 + 60
    if begin >= end:  # its first minute is still to come: CloudWatch refuses a time without length
        return list(found)
    with in_words(clients.target):
        for result in metric_results(client, queries, begin, end):
            place, _, number = result["Id"][1:].partition("_")
            values = found[int(place)][wanted[int(number)]]
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                values[int(moment.timestamp())] = value
    return list(found)


def _query(id: str, function: str, metric: str, series: Series) -> dict[str, Any]:
    qualifier, version = series
    resource = f"{function}:{qualifier}" if qualifier else function
    dimensions = {"FunctionName": function, "Resource": resource}
    if version:
        dimensions["ExecutedVersion"] = version
    return {
        "Id": id,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": metric,
                "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
