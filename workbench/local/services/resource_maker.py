"""Makes a template's resources in the embedded services: inside their process, with boto3 clients
whose requests are answered on the spot."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from workbench.local.http.messages import Request, Response
from workbench.local.services import resources
from workbench.local.services.keeping.keep import Keep
from workbench.local.services.settings import ServiceSettings

# The label that `project/templates/local_values.py` gives to the stream of every table.
STREAM_LABEL = "2020-01-01T00:00:00.000"
_DECLARED = "declared resources"


_CHANGED_BY_MAKING = ("AWS::CloudWatch::Alarm", "AWS::Events::Rule")


class ResourceMaker:
    """Makes each resource once. `answer` takes a request to the services and answers it. What was
    declared is remembered in `kept`, so that what has left the template meanwhile is ended;
    `notice` is told what stays as it was."""

    def __init__(
        self,
        answer: Callable[[Request], Response],
        settings: ServiceSettings,
        kept: Keep,
        notice: Callable[[str], None],
    ) -> None:
        self._answer = answer
        self._settings = settings
        self._kept = kept
        self._notice = notice
        self._clients: dict[str, Any] = {}
        known = json.loads(kept.note(_DECLARED) or b"[]")
        self._made: dict[tuple[str, str], Mapping[str, Any]] = {
            (type_, name): properties for type_, name, properties in known
        }
        self._done: set[tuple[str, str]] = set()  # by this process: another's may be deleted

    def make(self, declared: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
        """Make what there is not yet, of resources `{"LogicalId","Type","Name","Properties"}`.
        Those that invoke functions are made anew when they have changed, and end with their
        declaration.

        Yields the logical id of each that could not be made, with a sentence that says why.
        """
        declared = list(declared)
        yield from self._end({(r["Type"], r["Name"]): r["Properties"] for r in declared})
        yield from self._begin(declared)
        made = [(*kind, properties) for kind, properties in self._made.items()]
        self._kept.set_note(_DECLARED, json.dumps(made, default=str).encode())

    def _begin(self, declared: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
        later: list[tuple[str, resources.Call]] = []
        for resource in declared:
            kind = resource["Type"], resource["Name"]
            if kind in self._done:
                continue
            self._done.add(kind)
            self._made[kind] = resource["Properties"]
            try:
                calls = resources.calls(*kind, resource["Properties"], self._settings)
            except KeyError as error:
                yield resource["LogicalId"], f"its properties lack {error}"
                continue
            except (AttributeError, TypeError, ValueError) as error:
                yield resource["LogicalId"], f"its properties are not understood: {error}"
                continue
            logical_id = resource["LogicalId"]
            later += [(logical_id, call) for call in calls if call.later]
            for call in calls:
                if not call.later:
                    yield from self._carry_out(logical_id, call)
            if kind[0] in ("AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable"):
                self._name_stream(kind[1])
        for logical_id, call in later:
            yield from self._carry_out(logical_id, call)

    def _end(
        self, wanted: Mapping[tuple[str, str], Mapping[str, Any]]
    ) -> Iterator[tuple[str, str]]:
        for kind, properties in list(self._made.items()):
            if wanted.get(kind) == properties:
                continue
            calls = resources.removal(*kind, properties)
            again = kind in wanted and kind[0] in _CHANGED_BY_MAKING
            invokes = kind in wanted and "NotificationConfiguration" in wanted[kind]
            subscribed = kind[0] == "AWS::SNS::Subscription"
            if calls or invokes or subscribed:
                del self._made[kind]
                self._done.discard(kind)
            elif kind in wanted:
                self._made[kind] = wanted[kind]
                yield from self._change(kind, wanted[kind])
            else:
                del self._made[kind]
                self._done.discard(kind)
            if subscribed:
                calls = self._unsubscribing(properties)
            for call in () if again else calls:
                yield from self._carry_out(kind[1], call)

    def _change(
        self, kind: tuple[str, str], properties: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        """What is there stays, with all it holds: its properties change as far as they can."""
        calls = resources.change(*kind, properties, self._settings)
        for call in calls:
            yield from self._carry_out(kind[1], call)
        if not calls:
            self._notice(
                f"{kind[1]} of the template has changed, but is here as it was made, with what it "
                "holds: delete it, or start with --forget-services, to have it made anew."
            )

    def _unsubscribing(self, properties: Mapping[str, Any]) -> list[resources.Call]:
        from botocore.exceptions import BotoCoreError, ClientError

        topic = properties.get("TopicArn", "")
        with contextlib.suppress(BotoCoreError, ClientError):  # there is none: nothing to end
            found = self._client("sns").list_subscriptions_by_topic(TopicArn=topic)
            return [
                resources.Call("sns", "Unsubscribe", {"SubscriptionArn": one["SubscriptionArn"]})
                for one in found["Subscriptions"]
                if one["Endpoint"] == properties.get("Endpoint")
            ]
        return []

    def _carry_out(self, logical_id: str, call: resources.Call) -> Iterator[tuple[str, str]]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self._client(call.service)
            shape = client.meta.service_model.operation_model(call.operation).input_shape
            client._make_api_call(call.operation, _fitted(call.parameters, shape))
        except ClientError as error:
            told = error.response.get("Error", {})
            if told.get("Code") not in resources.EXISTS:
                yield logical_id, f"{call.operation}: {told.get('Message') or error}"
        except (BotoCoreError, ValueError) as error:
            yield logical_id, f"{call.operation}: {error}"

    def _client(self, service: str) -> Any:
        client: Any = self._clients.get(service)
        if client is None:
            client = self._clients[service] = self._settings.client(service)
            client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request: Any, **_: object) -> Any:
        """botocore's hook: what it returns is the response, and nothing is sent."""
        from botocore.awsrequest import AWSResponse, HeadersDict

        address = urlsplit(request.url)
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        headers.setdefault("host", address.netloc)
        body = request.body or b""
        body = body if isinstance(body, bytes) else body.encode()
        answer = self._answer(Request(request.method, address.path, address.query, headers, body))
        content = answer.body if isinstance(answer.body, bytes) else b""
        told: Any = HeadersDict(dict(answer.headers))
        return AWSResponse(request.url, answer.status, told, _Raw(content))

    def _name_stream(self, table: str) -> None:
        """Give the table's stream the ARN that functions and mappings were told."""
        from moto.dynamodb.models import dynamodb_backends

        settings = self._settings
        found = dynamodb_backends[settings.account][settings.region].tables.get(table)
        if found is not None and found.latest_stream_label:
            found.latest_stream_label = STREAM_LABEL
            self._kept.changed("dynamodb")


class _Raw(io.BytesIO):
    """A response's bytes as urllib3 would hand them to botocore."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        while piece := self.read(65536):
            yield piece


def _fitted(value: Any, shape: Any) -> Any:
    """`value` with the types that `shape` asks for: a template may write "1" for 1, and has
    members of its own, which are left out."""
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            members = shape.members
            return {
                name: _fitted(item, members[name])
                for name, item in value.items()
                if name in members
            }
        case "list" if isinstance(value, list):
            return [_fitted(item, shape.member) for item in value]
        case "map" if isinstance(value, Mapping):
            return {str(key): _fitted(item, shape.value) for key, item in value.items()}
        case "integer" | "long" if isinstance(value, str):
            return int(value)
        case "float" | "double" if isinstance(value, str):
            return float(value)
        case "boolean" if isinstance(value, str):
            return value.lower() == "true"
        case "string" if isinstance(value, bool):
            return str(value).lower()
        case "string" if isinstance(value, int | float):
            return str(value)
    return value
