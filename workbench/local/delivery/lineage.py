"""Loops of invocations, found by the trace header's `Lineage` (lambda-facts §6).

SDKs in a function pass the trace header of its invocation on with what they send, so that a chain
of invocations shares one header. `Lineage` counts in it how often each function came before:
`Lineage=<8 hex digits>:<count>|…`, as the X-Ray guide shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from workbench.local.request_ids import new_root

LIMIT = 16
"""Invocations of one function in one chain; the next one is a loop."""

LOOP = (
    "Lambda has detected your function being invoked in a recursive loop with other AWS resources "
    "and stopped your function's invocation."
)
"""What the caller of such an invocation is told."""

_FUNCTIONS = 16  # how many a header remembers, so that it keeps a bounded length
_MOST = 255
_KEY = ";Lineage="


def mark(function_arn: str) -> str:
    """What stands for a function (an unqualified ARN) in a lineage: 8 hexadecimal digits."""
    return hashlib.sha256(function_arn.encode()).hexdigest()[:8]


def loop_notice(function: str) -> str:
    """What a person is told when an invocation of `function` was stopped."""
    return (
        f"{function} was invoked in a recursive loop and stopped after {LIMIT} times. If the loop "
        "is meant: aws lambda put-function-recursion-config --recursive-loop Allow."
    )


def first(mark: str) -> str:
    """What a trace header without lineage gets at its end when the function `mark` is invoked."""
    return f"{_KEY}{mark}:0"


def extended(trace_header: str, mark: str) -> tuple[str, int]:
    """The trace header for invoking the function `mark` after `trace_header`, and how often the
    function was invoked before in this chain: from LIMIT on it is a loop."""
    before, _, after = trace_header.partition(_KEY)
    if not after:
        return trace_header + first(mark), 0
    lineage, _, rest = after.partition(";")
    counts = dict(_counts(lineage))
    earlier = counts.pop(mark, -1) + 1
    entries = [*list(counts.items())[1 - _FUNCTIONS :], (mark, min(earlier, _MOST))]
    text = "|".join(f"{function}:{count}" for function, count in entries)
    return f"{before}{_KEY}{text}{';' + rest if rest else ''}", earlier


def of_batch(trace_headers: Iterable[str | None], mark: str) -> str | None:
    """The trace header for invoking the function `mark` with messages that have these: theirs if
    it is one, else a new one that goes on with the chain in which the function came most often."""
    headers = set(trace_headers)
    if len(headers) == 1:
        return headers.pop()
    chains = [header.partition(_KEY)[2].partition(";")[0] for header in headers if header]
    longest = max(chains, key=lambda chain: dict(_counts(chain)).get(mark, -1), default="")
    return f"Root={new_root()}{_KEY}{longest}" if longest else None


def _counts(lineage: str) -> list[tuple[str, int]]:
    """(function, count) of each entry; those that are none are left out."""
    found = []
    for entry in lineage.split("|"):
        # AWS also writes the length of the chain in front: `1:fe460cdd:0`.
        function, _, count = entry.rpartition(":")
        function = function.rpartition(":")[2]
        if function and count.isdecimal() and len(count) <= 9:
            found.append((function, int(count)))
    return found
