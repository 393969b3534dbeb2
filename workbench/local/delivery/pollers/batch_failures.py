"""Which items of a batch a function reported as failed (ReportBatchItemFailures, §7.2, §7.3)."""

from __future__ import annotations

import json
from collections.abc import Collection


def failed_items(payload: bytes, known: Collection[str]) -> set[str] | None:
    """The identifiers among `known` that the answer names; None when all of the batch failed.

    Nothing failed when the answer is null, empty, or has no or an empty list. All did
    when the answer is no such object, or names an item that is not there.
    """
    try:
        answer = json.loads(payload) if payload.strip() else None
    except (ValueError, RecursionError):
        return None
    if answer is None or answer in ("", []):
        return set()
    if not isinstance(answer, dict):
        return None
    items = answer.get("batchItemFailures")
    if items is None:
        return set()
    if not isinstance(items, list):
        return None
    failed: set[str] = set()
    for item in items:
        identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
        if not isinstance(identifier, str) or identifier not in known:
            return None
        failed.add(identifier)
    return failed
