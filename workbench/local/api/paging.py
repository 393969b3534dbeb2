"""MaxItems: how many items one page has."""

from __future__ import annotations

from workbench.local.api.context import Input

LARGEST_PAGE = 50  # Lambda's own, whatever is asked for


def page_size(input: Input) -> int:
    """Items on a page of a list operation."""
    return min(input.get("MaxItems") or LARGEST_PAGE, LARGEST_PAGE)
