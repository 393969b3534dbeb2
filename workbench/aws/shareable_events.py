"""Shareable test events, where Lambda's console and SAM keep them: EventBridge's schema registry.

The registry `lambda-testevent-schemas` has a schema `_<function>-schema` for each function, an
OpenAPI 3 document; its `components.examples` are the events (Lambda developer guide, "Testing
Lambda functions in the console"). A schema keeps five versions at most, as theirs do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import NOT_AWS, LambdaError, in_words
from workbench.aws.records import Target

REGISTRY = "lambda-testevent-schemas"

_TYPE = "OpenApi3"
_VERSIONS = 5
_LARGEST = 6_144_000
"""Bytes of an event; the console and SAM take no larger one."""

_NOT_OFFERED = frozenset(("NotImplemented", "NotImplementedException", "UnknownOperationException"))
_PASSING = (502, 503, 504)  # what a proxy answers while AWS cannot be reached


def schema_name(function: str) -> str:
    """The name of the schema that holds a function's events."""
    return f"_{function}-schema"


class ShareableEvents:
    """The shareable test events of one target. Blocks; every method raises LambdaError.

    Where the endpoint has no schema registry the error's code is `NoSchemaRegistry`.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._clients = Clients(target)

    def events(self, function: str) -> dict[str, Any]:
        """The function's events by name, as JSON values; {} when there are none."""
        found = self._schema(function)
        return {} if found is None else _events_of(found)

    def save(self, function: str, name: str, event: str, *, replace: bool = False) -> None:
        """Add an event (a JSON text), or replace the one of that name where that is asked for.

        What others changed meanwhile stays: the schema is read just before it is written.
        """
        if len(event.encode()) > _LARGEST:
            raise LambdaError("EventTooLarge", "A shareable event can have 6 MB at most")
        value = json.loads(event)
        document = self._schema(function)
        if document is None:
            self._make_registry()
            found = self._call("get_discovered_schema", Events=[event], Type=_TYPE)
            document = _document(found["Content"], function)
            _examples(document)[name] = {"value": value}
            self._call("create_schema", **self._named(function), **_content(document))
            return
        examples = _examples(document)
        if name in examples and not replace:
            raise LambdaError(
                "DuplicateEventName", f"{function} already has a shareable event “{name}”"
            )
        examples[name] = {"value": value}
        self._update(function, document)

    def delete(self, function: str, name: str) -> None:
        """Remove an event; with the last one the schema goes too."""
        document = self._schema(function)
        examples = _examples(document) if document is not None else {}
        if document is None or name not in examples:
            raise LambdaError("NotFoundException", f"{function} has no shareable event “{name}”")
        del examples[name]
        if examples:
            self._update(function, document)
        else:
            self._call("delete_schema", **self._named(function))

    def _schema(self, function: str) -> dict[str, Any] | None:
        try:
            answer = self._call("describe_schema", **self._named(function))
        except LambdaError as error:
            if error.code == "NotFoundException":
                return None
            raise
        return _document(answer["Content"], function)

    def _make_registry(self) -> None:
        try:
            self._call("describe_registry", RegistryName=REGISTRY)
        except LambdaError as error:
            if error.code != "NotFoundException":
                raise
            self._call("create_registry", RegistryName=REGISTRY)

    def _update(self, function: str, document: Mapping[str, Any]) -> None:
        named = self._named(function)
        self._make_room(named)
        self._call("update_schema", **named, **_content(document))

    def _make_room(self, named: Mapping[str, str]) -> None:
        """Delete the oldest version when there are as many as a schema keeps."""
        versions: list[str] = []
        request: dict[str, Any] = dict(named)
        while True:
            page = self._call("list_schema_versions", **request)
            versions += [each["SchemaVersion"] for each in page.get("SchemaVersions", [])]
            if not page.get("NextToken"):
                break
            request["NextToken"] = page["NextToken"]
        if len(versions) >= _VERSIONS:
            self._call("delete_schema_version", **named, SchemaVersion=min(versions, key=_number))

    def _named(self, function: str) -> dict[str, str]:
        return {"RegistryName": REGISTRY, "SchemaName": schema_name(function)}

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        client = self._clients.service("schemas")
        try:
            with in_words(self.target):
                answer: dict[str, Any] = getattr(client, operation)(**request)
                return answer
        except LambdaError as error:
            unknown = error.code == NOT_AWS and error.status not in _PASSING
            if unknown or error.status == 501 or error.code in _NOT_OFFERED:
                where = self.target.endpoint_url or f"AWS in {self.target.region}"
                raise LambdaError(
                    "NoSchemaRegistry",
                    f"{where} has no EventBridge schema registry, where shareable test events are",
                    advice="Saved events are files of the project and can be committed.",
                ) from error
            raise


def _document(content: str, function: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
        if isinstance(document["components"], dict):
            return dict(document)
    except (ValueError, KeyError, TypeError):
        pass
    raise LambdaError(
        "InvalidSchema",
        f"The schema {schema_name(function)} is no OpenAPI document with components",
    )


def _examples(document: dict[str, Any]) -> dict[str, Any]:
    examples: dict[str, Any] = document["components"].setdefault("examples", {})
    return examples


def _events_of(document: dict[str, Any]) -> dict[str, Any]:
    examples = document["components"].get("examples") or {}
    return {
        str(name): example["value"]
        for name, example in examples.items()
        if isinstance(example, dict) and "value" in example
    }


def _content(document: Mapping[str, Any]) -> dict[str, str]:
    return {"Content": json.dumps(document, ensure_ascii=False), "Type": _TYPE}


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else 0
