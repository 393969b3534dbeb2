"""Times, sizes and outcomes as short words. A status is always a glyph and a word."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from workbench.aws.records import Alias, Function
from workbench.ui.widgets.palette import Palette

if TYPE_CHECKING:
    from workbench.project.history import Summary

GOOD, BAD, WARN, QUIET, STRONG = (
    "diff-added",
    "log-error",
    "log-warning",
    "log-platform",
    "json-key",
)
"""Names of the theme's styles for outcomes."""

NOT_TRACED = "It was not traced: X-Ray samples, and only functions whose TracingConfig is Active."


def milliseconds(value: float) -> str:
    """A duration for people: `3.1 ms`, `120 ms`, `2.50 s`."""
    if value < 10:
        return f"{value:.1f} ms"
    if value < 1000:
        return f"{value:.0f} ms"
    return f"{value / 1000:.2f} s"


def size(count: float) -> str:
    """Bytes for people: `812 B`, `14.2 KB`, `3.0 MB`."""
    if count < 1024:
        return f"{count:.0f} B"
    return f"{count / 1024:.1f} KB" if count < 1024**2 else f"{count / 1024**2:.1f} MB"


def clock(epoch: float) -> str:
    """Local time of day, with the date when it was another day."""
    moment = datetime.fromtimestamp(epoch)
    today = moment.date() == datetime.now().date()
    return moment.strftime("%H:%M:%S" if today else "%b %d %H:%M")


def short_error(kind: str) -> str:
    """An error type without its family: `Runtime.ExitError` → `ExitError`."""
    return kind.rpartition(".")[2] or kind


def outcome(colors: Palette, summary: Summary | None) -> Text:
    """The last result of a function: `✓ 12 ms`, `✗ KeyError`, `✓ accepted`."""
    if summary is None:
        return Text("")
    if summary.function_error:
        word = short_error(summary.error_type or summary.function_error)
        return Text(f"✗ {word}", style=colors[BAD])
    if summary.status_code is not None and summary.status_code >= 300:
        return Text(f"✗ {summary.status_code}", style=colors[BAD])
    if summary.status_code == 204:
        return Text("✓ allowed", style=colors[GOOD])
    if summary.duration_ms is None:
        # An answer without a REPORT line: SystemLogLevel WARN keeps it out of the log.
        return Text("✓ ok" if summary.status_code == 200 else "✓ accepted", style=colors[GOOD])
    return Text(f"✓ {milliseconds(summary.duration_ms)}", style=colors[GOOD])


_STATES = {
    "Active": ("●", GOOD),
    "Pending": ("◌", WARN),
    "Inactive": ("○", QUIET),
    "Failed": ("✗", BAD),
}


def state(colors: Palette, function: Function) -> Text:
    """A function's state: `● Active`, or that of a running or failed update."""
    word = function.state or "Active"
    if word == "Active" and function.last_update_status == "InProgress":
        return Text("◌ Updating", style=colors[WARN])
    if word == "Active" and function.last_update_status == "Failed":
        return Text("✗ Update failed", style=colors[BAD])
    glyph, style = _STATES.get(word, ("?", WARN))
    return Text(f"{glyph} {word}", style=colors[style])


def percent(share: float) -> str:
    """A weight (0.0–1.0) as a percentage without needless decimals."""
    return f"{round(share * 100, 2):g}%"


def routes(alias: Alias) -> str:
    """Where an alias leads: `v3`, or `90% v3 · 10% v4`."""
    first = named(alias.function_version)
    if not alias.weights:
        return first
    rest = 1.0 - sum(alias.weights.values())
    parts = [f"{percent(rest)} {first}"]
    parts += [f"{percent(share)} {named(version)}" for version, share in alias.weights.items()]
    return " · ".join(parts)


def named(qualifier: str) -> str:
    """A qualifier for people: versions are `v3`, aliases and $LATEST their name."""
    return f"v{qualifier}" if qualifier.isdigit() else qualifier


def bar(share: float, width: int) -> str:
    """A share (0.0–1.0) as `width` cells, filled and empty; something is never none of them."""
    cells = round(share * width)
    if 0 < share < 1:
        cells = max(1, min(width - 1, cells))
    return "█" * cells + "░" * (width - cells)
