"""Filter criteria of event source mappings (lambda-facts §7.5).

What a service carries for its user (`body`, `data`) is matched as JSON or as text. Where the
pattern means one and the record is the other, the record does not match.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workbench.local.delivery.event_patterns import InvalidPattern, Predicate, compile_pattern

Record = Mapping[str, Any]

MAX_FILTERS = 5

# The member of a record that its sender filled, where that may be JSON or text.
_PAYLOAD = {"sqs": "body", "kinesis": "data", "mq": "data"}


class FilterCriteria:
    """Patterns of which a record must match one; without any, all records match.

    `source` is the service of the source's ARN: "sqs", "kinesis", "dynamodb" or "mq".
    Raises InvalidPattern.
    """

    def __init__(self, source: str, patterns: Iterable[str]) -> None:
        self._payload = _PAYLOAD.get(source, "")
        self._view = _VIEWS[source]
        self._filters = [self._filter(text) for text in patterns]
        if len(self._filters) > MAX_FILTERS:
            raise InvalidPattern(f"There can be at most {MAX_FILTERS} filters.")

    def _filter(self, text: str) -> tuple[bool | None, Predicate]:
        """Whether the pattern wants the payload to be JSON (None: anything), and its predicate."""
        predicate = compile_pattern(text)
        wanted = json.loads(text).get(self._payload)
        return (None if wanted is None else isinstance(wanted, dict)), predicate

    def matches(self, record: Record) -> bool:
        """Whether the function is to get `record` (in the form the event has it)."""
        if not self._filters:
            return True
        view = self._view(record)
        is_json = isinstance(view.get(self._payload), (dict, list))
        return any(
            wanted in (None, is_json) and predicate(view) for wanted, predicate in self._filters
        )


def _sqs(record: Record) -> dict[str, Any]:
    return {**record, "body": _parsed(record["body"])}


def _kinesis(record: Record) -> dict[str, Any]:
    """Patterns name the payload `data` and its metadata without `kinesis` before it."""
    fields = record["kinesis"]
    return {**record, **fields, "data": _decoded(fields["data"])}


def _mq(record: Record) -> dict[str, Any]:
    return {**record, "data": _decoded(record["data"])}


def _decoded(data: str) -> Any:
    """What is in base64; left as it is where it is no text."""
    try:
        return _parsed(base64.b64decode(data).decode())
    except UnicodeDecodeError:
        return data


def _dynamodb(record: Record) -> dict[str, Any]:
    return dict(record)


_VIEWS: dict[str, Callable[[Record], dict[str, Any]]] = {
    "sqs": _sqs,
    "kinesis": _kinesis,
    "dynamodb": _dynamodb,
    "mq": _mq,
}


def _parsed(text: str) -> Any:
    """The object or list that `text` is in JSON, else the text itself."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
