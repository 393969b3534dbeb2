"""MaxItems and Marker: how many items one page has, and where it begins."""

from __future__ import annotations

import re
from typing import Any

from workbench.local.api.context import Context, Input
from workbench.local.errors import invalid_parameter
from workbench.local.store.attachments import Kind

LARGEST_PAGE = 50  # Lambda's own, whatever is asked for


def page_size(input: Input) -> int:
    """Items on a page of a list operation."""
    return min(input.get("MaxItems") or LARGEST_PAGE, LARGEST_PAGE)


def version_marker(input: Input) -> str:
    """The place of the last version on the page before, "" on the first page. Raises ApiError
    for a Marker that no page returned."""
    marker: str = input.get("Marker") or ""
    if marker and re.fullmatch(r"[^:]+:(\$LATEST|\d{1,18})", marker) is None:
        raise invalid_parameter("The Marker is not one that a page before has returned.")
    return marker


def attached_page(
    context: Context, kind: Kind, name: str, input: Input
) -> tuple[list[tuple[str, Any]], dict[str, str]]:
    """A page of what is attached to qualifiers of a function, each with its qualifier, and the
    NextMarker of an answer if there is more: the last qualifier of the page."""
    size = page_size(input)
    found = context.store.attachments.of_function(
        kind, name, after=input.get("Marker") or "", limit=size + 1
    )
    shown = found[:size]
    return shown, {"NextMarker": shown[-1][0]} if len(found) > size else {}
