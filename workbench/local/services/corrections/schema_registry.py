"""EventBridge's schema registry, which moto does not have: registries, schemas, their versions.

Lambda's console and SAM keep shareable test events in it. Code bindings, discoverers and policies
are not offered. What it says of things that are missing or there twice is in our words: no
recording shows AWS's.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from workbench.local.api.protocols.model import ServiceModel, service_model
from workbench.local.arns import partition
from workbench.local.http.messages import Request, Response
from workbench.local.services.keeping.keep import Keep
from workbench.local.services.protocols import error_response

SERVICE = "schemas"

_PAGE = 100
_READS = ("Get", "List", "Describe")


@dataclass(slots=True)
class _Version:
    content: str
    made: str


@dataclass(slots=True)
class _Schema:
    type: str
    description: str | None
    next: int = 1
    versions: dict[int, _Version] = field(default_factory=dict)

    def add(self, content: str) -> None:
        self.versions[self.next] = _Version(content, _now())
        self.next += 1


@dataclass(slots=True)
class _Registry:
    description: str | None
    schemas: dict[str, _Schema] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class SchemaRegistries:
    """The registries of one account and region. Safe to share between threads.

    They are small: all of them are written anew, as a note of `kept`, before a change is answered.
    """

    def __init__(self, account: str, region: str, kept: Keep) -> None:
        self._kept = kept
        self._arn = f"arn:{partition(region)}:schemas:{region}:{account}"
        self._registries = _unpacked(kept.note(SERVICE))
        self._lock = threading.Lock()
        self._model: ServiceModel | None = None
        self._operations = {
            "CreateRegistry": self._create_registry,
            "DescribeRegistry": self._describe_registry,
            "ListRegistries": self._list_registries,
            "DeleteRegistry": self._delete_registry,
            "CreateSchema": self._create_schema,
            "UpdateSchema": self._update_schema,
            "DescribeSchema": self._describe_schema,
            "DeleteSchema": self._delete_schema,
            "ListSchemas": self._list_schemas,
            "ListSchemaVersions": self._list_versions,
            "DeleteSchemaVersion": self._delete_version,
            "GetDiscoveredSchema": self._discovered,
        }

    def answer(self, request: Request) -> Response:
        """The answer to one request of an SDK."""
        with self._lock:
            if self._model is None:  # read when it is first used
                self._model = service_model(SERVICE, "2019-12-02")
            try:
                status, body = self._answer(self._model, request)
            except _Refused as error:
                return error_response(
                    SERVICE, request.headers, error.status, error.code, str(error)
                )
        headers = [("x-amzn-RequestId", str(uuid.uuid4())), ("Content-Type", "application/json")]
        return Response(status, b"" if status == 204 else json.dumps(body).encode(), headers)

    def _answer(self, model: ServiceModel, request: Request) -> tuple[int, dict[str, Any]]:
        query = parse_qsl(request.query, keep_blank_values=True)
        route = model.route(request.method, request.path, query)
        operation = self._operations.get(route.operation.name) if route else None
        if route is None or operation is None:
            raise _Refused(501, "NotImplemented", "There is no such operation of “schemas” here.")
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise _bad("The request's body is not a JSON object.")
        shape = route.operation.input
        given: dict[str, Any] = dict(body)
        for name, member in (shape.members if shape else {}).items():
            if member.location == "uri" and member.wire_name in route.labels:
                given[name] = route.labels[member.wire_name]
            elif member.location == "querystring" and member.wire_name in dict(query):
                given[name] = dict(query)[member.wire_name]
        answer = operation(given)
        if not route.operation.name.startswith(_READS):
            self._kept.set_note(SERVICE, _packed(self._registries))
        return route.operation.status, answer

    # -- registries

    def _create_registry(self, given: Mapping[str, Any]) -> dict[str, Any]:
        name = given["RegistryName"]
        if name in self._registries:
            raise _Refused(409, "ConflictException", f"Registry {name} exists already.")
        self._registries[name] = _Registry(given.get("Description"))
        return self._described(name)

    def _describe_registry(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._registry(given)
        return self._described(given["RegistryName"])

    def _described(self, name: str) -> dict[str, Any]:
        registry = self._registries[name]
        found = {"RegistryName": name, "RegistryArn": f"{self._arn}:registry/{name}"}
        return _given({**found, "Description": registry.description})

    def _list_registries(self, given: Mapping[str, Any]) -> dict[str, Any]:
        prefix = given.get("RegistryNamePrefix", "")
        names = [name for name in sorted(self._registries) if name.startswith(prefix)]
        return _page("Registries", [self._described(name) for name in names], given)

    def _delete_registry(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if self._registry(given).schemas:
            raise _bad(f"Registry {given['RegistryName']} still has schemas: delete them first.")
        del self._registries[given["RegistryName"]]
        return {}

    # -- schemas

    def _create_schema(self, given: Mapping[str, Any]) -> dict[str, Any]:
        registry, name = self._registry(given), given["SchemaName"]
        if name in registry.schemas:
            raise _Refused(409, "ConflictException", f"Schema {name} exists already.")
        schema = _Schema(str(given.get("Type")), given.get("Description"))
        schema.add(_content(given, schema.type))
        registry.schemas[name] = schema
        return self._told(given, schema)

    def _update_schema(self, given: Mapping[str, Any]) -> dict[str, Any]:
        schema = self._schema(given)
        schema.description = given.get("Description", schema.description)
        if "Content" in given:
            content = _content(given, schema.type)
            if content != schema.versions[max(schema.versions)].content:
                schema.add(content)
        return self._told(given, schema)

    def _describe_schema(self, given: Mapping[str, Any]) -> dict[str, Any]:
        schema = self._schema(given)
        version = self._version(given, schema) if "SchemaVersion" in given else None
        number = version or max(schema.versions)
        told = self._told(given, schema, number)
        return {**told, "Content": schema.versions[number].content}

    def _delete_schema(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._schema(given)
        del self._registry(given).schemas[given["SchemaName"]]
        return {}

    def _list_schemas(self, given: Mapping[str, Any]) -> dict[str, Any]:
        prefix = given.get("SchemaNamePrefix", "")
        listed = [
            {
                "SchemaName": name,
                "SchemaArn": self._schema_arn(given["RegistryName"], name),
                "LastModified": schema.versions[max(schema.versions)].made,
                "VersionCount": len(schema.versions),
            }
            for name, schema in sorted(self._registry(given).schemas.items())
            if name.startswith(prefix)
        ]
        return _page("Schemas", listed, given)

    def _list_versions(self, given: Mapping[str, Any]) -> dict[str, Any]:
        schema = self._schema(given)
        arn = self._schema_arn(given["RegistryName"], given["SchemaName"])
        listed = [
            {
                "SchemaName": given["SchemaName"],
                "SchemaArn": arn,
                "SchemaVersion": str(number),
                "Type": schema.type,
            }
            for number in schema.versions
        ]
        return _page("SchemaVersions", listed, given)

    def _delete_version(self, given: Mapping[str, Any]) -> dict[str, Any]:
        schema = self._schema(given)
        number = self._version(given, schema)
        if len(schema.versions) == 1:
            raise _bad("This is the schema's only version: delete the schema.")
        del schema.versions[number]
        return {}

    def _discovered(self, given: Mapping[str, Any]) -> dict[str, Any]:
        try:
            events = [json.loads(event) for event in given.get("Events") or ()]
        except (ValueError, TypeError):
            raise _bad("An event is not JSON.") from None
        if not events:
            raise _bad("There is no event to discover a schema from.")
        document = {
            "openapi": "3.0.0",
            "info": {"version": "1.0.0", "title": "Event"},
            "paths": {},
            "components": {"schemas": {"Event": _shape(events[0])}},
        }
        return {"Content": json.dumps(document, separators=(",", ":"))}

    def _registry(self, given: Mapping[str, Any]) -> _Registry:
        name = given["RegistryName"]
        if name not in self._registries:
            raise _Refused(404, "NotFoundException", f"Registry {name} does not exist.")
        return self._registries[name]

    def _schema(self, given: Mapping[str, Any]) -> _Schema:
        schemas, name = self._registry(given).schemas, given["SchemaName"]
        if name not in schemas:
            raise _Refused(404, "NotFoundException", f"Schema {name} does not exist.")
        return schemas[name]

    def _version(self, given: Mapping[str, Any], schema: _Schema) -> int:
        text = str(given["SchemaVersion"])
        if not text.isdecimal() or int(text) not in schema.versions:
            raise _Refused(404, "NotFoundException", f"Schema version {text} does not exist.")
        return int(text)

    def _schema_arn(self, registry: str, schema: str) -> str:
        return f"{self._arn}:schema/{registry}/{schema}"

    def _told(
        self, given: Mapping[str, Any], schema: _Schema, number: int | None = None
    ) -> dict[str, Any]:
        number = number or max(schema.versions)
        return _given(
            {
                "SchemaName": given["SchemaName"],
                "SchemaArn": self._schema_arn(given["RegistryName"], given["SchemaName"]),
                "SchemaVersion": str(number),
                "Type": schema.type,
                "Description": schema.description,
                "LastModified": schema.versions[max(schema.versions)].made,
                "VersionCreatedDate": schema.versions[number].made,
            }
        )


def _packed(registries: Mapping[str, _Registry]) -> bytes:
    return json.dumps({name: asdict(registry) for name, registry in registries.items()}).encode()


def _unpacked(data: bytes | None) -> dict[str, _Registry]:
    registries = {}
    for name, kept in json.loads(data or b"{}").items():
        registry = registries[name] = _Registry(kept["description"])
        for title, schema in kept["schemas"].items():
            numbers = {int(number): _Version(**each) for number, each in schema["versions"].items()}
            registry.schemas[title] = _Schema(
                schema["type"], schema["description"], schema["next"], numbers
            )
    return registries


def _content(given: Mapping[str, Any], kind: str) -> str:
    if kind not in ("OpenApi3", "JSONSchemaDraft4"):
        raise _bad("Type has to be OpenApi3 or JSONSchemaDraft4.")
    content = given.get("Content")
    try:
        document = json.loads(content) if isinstance(content, str) else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise _bad("Content has to be a JSON object in a text.")
    return str(content)


def _shape(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"type": "boolean"}
        case int() | float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array", "items": _shape(value[0]) if value else {"type": "object"}}
        case dict() if value:
            members = {name: _shape(member) for name, member in value.items()}
            return {"type": "object", "required": list(value), "properties": members}
    return {"type": "object"}


def _page(name: str, listed: list[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    token, limit = str(given.get("NextToken") or "0"), str(given.get("Limit") or _PAGE)
    if not token.isdecimal() or not limit.isdecimal() or not 0 < int(limit) <= _PAGE:
        raise _bad(f"NextToken is one that was given out, Limit a number from 1 to {_PAGE}.")
    start, end = int(token), int(token) + int(limit)
    page = {name: listed[start:end]}
    return {**page, "NextToken": str(end)} if end < len(listed) else page


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _bad(message: str) -> _Refused:
    return _Refused(400, "BadRequestException", message)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
