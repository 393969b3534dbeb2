"""CloudWatch alarms that a deployment heeds, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.aws.clients import Clients
from workbench.aws.errors import LambdaError, in_words
from workbench.project.packaging import stack_of

_TYPES = ["MetricAlarm", "CompositeAlarm"]
_NAMES = 100  # that DescribeAlarms takes


def alarm_states(clients: Clients, names: Sequence[str]) -> dict[str, str]:
    """OK, ALARM or INSUFFICIENT_DATA of each alarm that is there. Raises LambdaError."""
    client = clients.service("cloudwatch")
    found: dict[str, str] = {}
    with in_words(clients.target):
        for first in range(0, len(names), _NAMES):
            some = list(names[first : first + _NAMES])
            answer = client.describe_alarms(AlarmNames=some, AlarmTypes=_TYPES, MaxRecords=100)
            for kind in ("MetricAlarms", "CompositeAlarms"):
                found |= {each["AlarmName"]: each["StateValue"] for each in answer.get(kind, ())}
    return found


def deployed_alarms(clients: Clients, function: str, names: Iterable[str]) -> tuple[str, ...]:
    """The alarms that are meant: those of these names, or, in the stack that `function` was
    deployed with, of these logical ids.

    Raises LambdaError when one is not there.
    """
    wanted = list(dict.fromkeys(names))
    there = alarm_states(clients, wanted) if wanted else {}
    stack = stack_of(function)
    return tuple(name if name in there else _generated(clients, stack, name) for name in wanted)


def _generated(clients: Clients, stack: str | None, logical_id: str) -> str:
    """The alarm that CloudFormation named stack-LogicalId-RANDOM."""
    if stack is not None:
        prefix = f"{stack}-{logical_id}-"
        client = clients.service("cloudwatch")
        with in_words(clients.target):
            answer = client.describe_alarms(AlarmNamePrefix=prefix, AlarmTypes=_TYPES)
        found = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
        if len(found) == 1:
            return str(found[0]["AlarmName"])
    raise LambdaError(
        "NoAlarm", f"There is no alarm {logical_id}", advice="Name those that should roll back."
    )
