"""Patterns with * and ?, as load balancers and distributions have them."""

from __future__ import annotations

import functools
import re


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the pattern describes all of `text`."""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))
