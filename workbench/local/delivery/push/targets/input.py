"""What a target of an EventBridge rule gets: the event, a part of it, or something made of it.

Of EventBridge's user guide, "Transform Amazon EventBridge target input".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|'[^']*'|\"[^\"]*\")\]")
_NOTHING: Any = object()


def target_input(
    target: Mapping[str, Any], event: Mapping[str, Any], rule_name: str, rule_arn: str
) -> Any:
    """The JSON value that `target` (as PutTargets takes it) gets for `event`."""
    if target.get("Input") is not None:
        return _json_or_text(target["Input"])
    if target.get("InputPath"):
        found = at_path(event, target["InputPath"])
        return {} if found is _NOTHING else found
    transformer = target.get("InputTransformer")
    if not transformer:
        return event
    given = {
        name: at_path(event, path) for name, path in transformer.get("InputPathsMap", {}).items()
    }
    values = {name: "" if value is _NOTHING else value for name, value in given.items()}
    values["aws.events.rule-name"] = rule_name
    values["aws.events.rule-arn"] = rule_arn
    values["aws.events.event.ingestion-time"] = event["time"]
    values["aws.events.event"] = {
        "detailType" if name == "detail-type" else name: value
        for name, value in event.items()
        if name != "detail"
    }
    values["aws.events.event.json"] = dict(event)
    return _json_or_text(_filled(transformer["InputTemplate"], values))


def at_path(event: Any, path: str) -> Any:
    """What a path such as `$.detail.items[0]` leads to in `event`; a value that equals nothing
    else when it leads nowhere."""
    value, place = event, 1
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            return _NOTHING
        place = match.end()
        key = match[1] if match[1] is not None else match[2].strip("'\"")
        if isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, Mapping) and key in value:
            value = value[key]
        else:
            return _NOTHING
    return value


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with its placeholders replaced: within quotes by the value as text, elsewhere
    by the value as JSON. Names that nobody defined stay."""
    pieces: list[str] = []
    place, quoted = 0, False
    for match in _PLACEHOLDER.finditer(template):
        between = template[place : match.start()]
        pieces.append(between)
        quoted ^= len(re.findall(r'(?<!\\)"', between)) % 2 == 1
        place = match.end()
        if match[1] not in values:
            pieces.append(match[0])
            continue
        value = values[match[1]]
        text = value if isinstance(value, str) else json.dumps(value)
        pieces.append(json.dumps(text)[1:-1] if quoted else json.dumps(value))
    return "".join([*pieces, template[place:]])


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
