"""How many invocations of a function may run at the same time, in words."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.aws.concurrency import FunctionConcurrency


def reserved_words(reserved: int | None) -> str:
    """What a reserved concurrency means; None: nothing is reserved."""
    if reserved is None:
        return "none: it shares what the account has left"
    if reserved == 0:
        return "0: every invocation is throttled"
    return f"{reserved:,}: more at the same time are throttled"


def concurrency_words(found: FunctionConcurrency) -> Iterator[tuple[str, str]]:
    """(label, value) of a function's own concurrency."""
    yield "Reserved", reserved_words(found.reserved)
    for each in found.provisioned:
        words = f"{each.available:,} of {each.requested:,} ready for {each.qualifier}"
        yield "Provisioned", words if each.status == "READY" else f"{words} ({each.status})"
