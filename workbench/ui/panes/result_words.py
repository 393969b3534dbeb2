"""What the Result pane says of an invocation, in words."""

from __future__ import annotations

from workbench.aws.records import Function, Invocation
from workbench.project.cost import cost_of
from workbench.ui.formats import milliseconds

EMPTY = {
    202: "Accepted. AWS runs an Event invocation later and returns nothing; see the Logs (4).",
    204: "DryRun: the function was not run. You are allowed to invoke it with this.",
}
"""Said in place of an answer, by status code."""


def outcome_words(invocation: Invocation) -> tuple[str, str]:
    """How an invocation ended, glyph first, and its kind: good or bad."""
    if invocation.function_error:
        kind = invocation.error.type if invocation.error else invocation.function_error
        return f"✗ Function error: {kind}", "bad"
    words = {202: "202 accepted", 204: "204 would be allowed"}
    return f"✓ {words.get(invocation.status_code, f'{invocation.status_code} ok')}", "good"


def facts_words(invocation: Invocation, function: Function | None) -> str:
    """How long it took, what it needed and cost; `function` gives the sizes its price depends on,
    where it is known."""
    parts: list[str] = []
    report = invocation.report
    if report is not None:
        parts.append(milliseconds(report.duration_ms))
        if report.init_ms is not None:
            parts.append(f"init {milliseconds(report.init_ms)}")
        parts.append(f"billed {report.billed_ms} ms")
        parts.append(f"{report.max_memory_used}/{report.memory_size} MB")
        known = (function.architectures[0], function.ephemeral_storage) if function else ()
        parts.append(str(cost_of(report.billed_ms, report.memory_size, *known)))
    elif invocation.round_trip_ms:
        parts.append(f"round trip {milliseconds(invocation.round_trip_ms)}")
    elif invocation.status_code == 200:  # from the history, which keeps what REPORT says
        parts.append("no REPORT line in its log")
    if len(invocation.payload) > 10_000:
        parts.append(f"{len(invocation.payload):,} bytes")
    return " · ".join(parts)


def what_answered(invocation: Invocation, chosen: str | None) -> str:
    """The version that ran, what it was invoked through, and the function if it is not the one
    that is `chosen`."""
    version = invocation.executed_version or ""
    through = f"{invocation.qualifier} → " if invocation.qualifier else ""
    if through and version == invocation.qualifier:
        through = ""
    named = f"{invocation.function} · " if invocation.function != chosen else ""
    what = f"{through}version {version}" if version and version != "$LATEST" else version
    return f"{named}{what}" if what else named.removesuffix(" · ")
