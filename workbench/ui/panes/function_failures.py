"""Functions that failed lately, in the Functions pane: which, how often, and before all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from workbench.aws.failures import Failures
from workbench.ui.formats import BAD, WARN
from workbench.ui.widgets.palette import Palette

SINCE_S = 3600
"""How far back failures are looked for, in seconds."""


def failing_first(names: Sequence[str], failed: Mapping[str, Failures]) -> list[str]:
    """The names, those that failed before the others."""
    known = set(names)
    first = [name for name in failed if name in known]
    return [*first, *(name for name in names if name not in failed)]


def failures_words(failures: Failures, colors: Palette) -> Text:
    """How often a function failed; where it never did, how often it was throttled."""
    if failures.errors:
        return Text(f"✗ {failures.errors:,}×", colors[BAD])
    return Text(f"▲ {failures.throttles:,}× 429", colors[WARN])
