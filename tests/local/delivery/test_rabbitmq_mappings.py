"""Event source mappings of Amazon MQ for RabbitMQ, with a real broker (lambda-facts §7.4, §8.1)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pika
import pytest
from endpoint_lab import LocalEndpoint, local_lambda
from rabbitmq_lab import ARN, Broker, broker
from sources_lab import Fails, Function, asking_function, until

from workbench.local.delivery.pollers.rabbitmq import in_words
from workbench.local.delivery.pollers.rabbitmq_event import rabbitmq_record
from workbench.project.brokers import parse_broker

VHOST = [{"Type": "VIRTUAL_HOST", "URI": "/"}]


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("rabbit")) as running:
        yield running


@pytest.fixture(scope="module")
def served(rabbit: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    state = tmp_path_factory.mktemp("mq")
    with local_lambda(state, time_scale=20, brokers={ARN: rabbit.url}) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def access(served: LocalEndpoint) -> list[dict[str, str]]:
    secret = json.dumps({"username": "guest", "password": "guest"})
    made = served.client("secretsmanager").create_secret(Name="broker", SecretString=secret)
    return [{"Type": "BASIC_AUTH", "URI": made["ARN"]}, *VHOST]


def put(rabbit: Broker, queue: str, *bodies: bytes, **properties: Any) -> None:
    with rabbit.channel() as channel:
        channel.queue_declare(queue, durable=True)
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish("", queue, body, pika.BasicProperties(**properties))


def left(rabbit: Broker, queue: str) -> int:
    """How many messages wait, none of them being processed."""
    with rabbit.channel() as channel:
        return int(channel.queue_declare(queue, passive=True).method.message_count)


def messages(events: list[Any]) -> list[Any]:
    return [m for e in events for m in next(iter(e["rmqMessagesByQueue"].values()))]


def bodies(events: list[Any]) -> list[str]:
    return [base64.b64decode(message["data"]).decode() for message in messages(events)]


def enough(number: int) -> Callable[[list[Any]], bool]:
    return lambda events: len(messages(events)) >= number


def test_a_batch_has_the_events_form_and_is_acknowledged(
    served: LocalEndpoint, rabbit: Broker, access: list[dict[str, str]]
) -> None:
    properties = {
        "content_type": "text/plain",
        "delivery_mode": 2,
        "headers": {"source": "shöp", "number": 10},
        "message_id": "m-1",
    }
    put(rabbit, "orders", b"first", **properties)
    put(rabbit, "orders", b"second", b'{"drop": 1}', b"third")
    with asking_function(served) as function:
        filters = {"Filters": [{"Pattern": '{"data": {"keep": [1]}}'}]}
        made = function.mapped(
            ARN, Queues=["orders"], SourceAccessConfigurations=access, BatchSize=3
        )
        assert (made["BatchSize"], made["Queues"]) == (3, ["orders"])
        events = function.wait(enough(4))
        assert bodies(events) == ["first", "second", '{"drop": 1}', "third"]
        assert [len(messages([event])) for event in events] == [3, 1]
        assert (events[0]["eventSource"], events[0]["eventSourceArn"]) == ("aws:rmq", ARN)
        assert list(events[0]["rmqMessagesByQueue"]) == ["orders::/"]
        first = messages(events)[0]
        assert first["redelivered"] is False
        assert first["basicProperties"] == {
            "contentType": "text/plain",
            "contentEncoding": None,
            "headers": {"source": {"bytes": [115, 104, -61, -74, 112]}, "number": 10},
            "deliveryMode": 2,
            "priority": None,
            "correlationId": None,
            "replyTo": None,
            "expiration": None,
            "messageId": "m-1",
            "timestamp": None,
            "type": None,
            "userId": None,
            "appId": None,
            "clusterId": None,
            "bodySize": 5,
        }
        update(served, made["UUID"], FilterCriteria=filters)
        put(rabbit, "orders", b"plain", b'{"keep": 2}', b'{"keep": 1}')
        assert bodies(function.wait(enough(5)))[4:] == ['{"keep": 1}']
    assert left(rabbit, "orders") == 0  # the mapping is gone, and gave back nothing


def update(served: LocalEndpoint, id: str, **changes: Any) -> None:
    client = served.client()
    client.update_event_source_mapping(UUID=id, **changes)
    until(lambda: client.get_event_source_mapping(UUID=id)["State"] == "Enabled")


def test_a_failed_batch_comes_again_in_order(
    served: LocalEndpoint, rabbit: Broker, access: list[dict[str, str]]
) -> None:
    put(rabbit, "failing", *(str(number).encode() for number in range(5)))
    attempts: list[str] = []

    def answer(event: Any) -> None:
        attempts.append(bodies([event])[0])
        if len(attempts) == 1:
            raise Fails("not now")

    with asking_function(served, answer) as function:
        made = function.mapped(
            ARN, Queues=["failing"], SourceAccessConfigurations=access, BatchSize=2
        )
        events = function.wait(enough(7))
        assert bodies(events) == ["0", "1", "0", "1", "2", "3", "4"]
        assert [m["redelivered"] for m in messages(events)[:4]] == [False, False, True, True]
        client = served.client()
        until(
            lambda: (
                client.get_event_source_mapping(UUID=made["UUID"])["LastProcessingResult"] == "OK"
            )
        )
    assert left(rabbit, "failing") == 0


def test_what_keeps_it_from_the_queue_is_told_until_it_is_mended(
    served: LocalEndpoint, rabbit: Broker, access: list[dict[str, str]]
) -> None:
    rabbit.wait()
    with asking_function(served) as function:
        made = function.mapped(ARN, Queues=["late"], SourceAccessConfigurations=access)
        client = served.client()

        def result() -> str:
            found = client.get_event_source_mapping(UUID=made["UUID"])
            return str(found["LastProcessingResult"])

        until(lambda: "no queue 'late' in vhost '/'" in result())
        put(rabbit, "late", b"hello")
        assert bodies(function.wait(enough(1))) == ["hello"]


def test_a_broker_nobody_told_of_is_refused(
    served: LocalEndpoint, access: list[dict[str, str]]
) -> None:
    function = Function(served, lambda event: None)
    function.name = served.create()
    client = served.client()
    unknown = ARN.replace("b-1", "b-2")
    asked = {
        "EventSourceArn": unknown,
        "FunctionName": function.name,
        "Queues": ["orders"],
        "SourceAccessConfigurations": access,
    }
    refused = client.exceptions.InvalidParameterValueException
    with pytest.raises(refused, match=f"--broker {unknown}=amqp://127.0.0.1:5672"):
        client.create_event_source_mapping(**asked)
    with pytest.raises(refused, match="'sourceAccessConfigurations' parameter is missing"):
        client.create_event_source_mapping(**{**asked, "SourceAccessConfigurations": []})
    without = {name: value for name, value in asked.items() if name != "Queues"}
    with pytest.raises(refused, match="'queues' parameter is missing"):
        client.create_event_source_mapping(**without)
    made = client.create_event_source_mapping(**asked, Enabled=False)
    until(lambda: client.get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabled")
    with pytest.raises(refused, match="does not know where the broker"):
        client.update_event_source_mapping(UUID=made["UUID"], Enabled=True)


def test_a_broker_that_is_not_there_is_told_in_words() -> None:
    with pytest.raises(pika.exceptions.AMQPConnectionError) as refused:
        pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", 1))
    assert in_words(refused.value).endswith("Connection refused")


def test_headers_and_dates_are_javas() -> None:
    at = datetime(1970, 1, 1, 0, 33, 41, tzinfo=UTC)
    properties = pika.BasicProperties(
        timestamp=2021, headers={"list": ["a", True, None], "at": at, "table": {"b": b"\xff"}}
    )
    basic = rabbitmq_record(properties, True, b"")["basicProperties"]
    assert basic["timestamp"] == "Jan 1, 1970, 12:33:41 AM"
    assert basic["headers"] == {
        "list": [{"bytes": [97]}, True, None],
        "at": "Jan 1, 1970, 12:33:41 AM",
        "table": {"b": {"bytes": [-1]}},
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("amqp://127.0.0.1", "says no broker"),
        (f"{ARN}=127.0.0.1:5672", "says no broker"),
        (f"{ARN}=amqp://me:secret@127.0.0.1", "BASIC_AUTH"),
    ],
)
def test_where_a_broker_is(text: str, words: str) -> None:
    assert parse_broker(f"{ARN}=amqp://127.0.0.1:5672") == (ARN, "amqp://127.0.0.1:5672")
    with pytest.raises(ValueError, match=words):
        parse_broker(text)
