"""AWS Lambda Powertools for Python, unchanged, in functions that use it as its docs show."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_lab import LocalEndpoint
from library_layer import publish

from workbench.samples import find

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
DISTRIBUTIONS = (
    "aws-lambda-powertools", "aws-xray-sdk", "jmespath", "typing-extensions", "wrapt",
)  # fmt: skip


@pytest.fixture(scope="module")
def layer(shared_endpoint: LocalEndpoint) -> str:
    """A layer with Powertools and what it needs, as AWS publishes one."""
    return publish(shared_endpoint, "powertools", *DISTRIBUTIONS)


class Function:
    """A function with the layer, and what one invocation of it answered and logged."""

    def __init__(self, endpoint: LocalEndpoint, layer: str, code: str, **more: Any) -> None:
        self.client = endpoint.client()
        self.name = endpoint.create(
            code,
            Runtime=RUNTIME,
            Layers=[layer],
            Timeout=30,
            MemorySize=512,
            Environment={"Variables": {"POWERTOOLS_SERVICE_NAME": "orders", **more}},
            TracingConfig={"Mode": "PassThrough"},
        )

    def __call__(self, event: object) -> tuple[Any, list[Any]]:
        """The answer, and the lines of the log that are JSON."""
        import base64

        done = self.client.invoke(
            FunctionName=self.name, Payload=json.dumps(event).encode(), LogType="Tail"
        )
        log = base64.b64decode(done["LogResult"]).decode()
        answer = json.load(done["Payload"])
        assert "FunctionError" not in done, (answer, log)
        return answer, [json.loads(line) for line in log.splitlines() if line.startswith("{")]

    def delete(self) -> None:
        self.client.delete_function(FunctionName=self.name)


@pytest.fixture
def function(shared_endpoint: LocalEndpoint, layer: str) -> Iterator[Any]:
    """Make a function of the code given, gone after the test."""
    made: list[Function] = []

    def make(code: str, **variables: str) -> Function:
        made.append(Function(shared_endpoint, layer, code, **variables))
        return made[-1]

    yield make
    for each in made:
        each.delete()


def test_logger_and_metrics(function: Any, shared_endpoint: LocalEndpoint) -> None:
    code = """\
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics(namespace="Powertools")

@metrics.log_metrics(capture_cold_start_metric=True)
@logger.inject_lambda_context(log_event=True)
def handler(event, context):
    logger.info("order taken", extra={"order": event["order"]})
    metrics.add_metric(name="Orders", unit=MetricUnit.Count, value=1)
    return context.aws_request_id
"""
    request_id, lines = function(code)({"order": 7})
    said = {line["message"]: line for line in lines if isinstance(line.get("message"), str)}
    assert said["order taken"]["order"] == 7
    assert said["order taken"]["function_request_id"] == request_id
    assert said["order taken"]["cold_start"] is True
    assert said["order taken"]["function_memory_size"] == "512"
    metrics = [line for line in lines if "_aws" in line]
    assert {name for line in metrics for name in line} >= {"Orders", "ColdStart"}
    assert put_metric(shared_endpoint, "Orders", "service") == {"Sum": 1, "Unit": "Count"}


def put_metric(endpoint: LocalEndpoint, name: str, dimension: str) -> dict[str, Any]:
    """What CloudWatch has of a metric that was written into a log; it comes a moment later."""
    cloudwatch = endpoint.client("cloudwatch")
    now = time.time()
    limit = time.monotonic() + 30
    while True:
        found = cloudwatch.get_metric_statistics(
            Namespace="Powertools",
            MetricName=name,
            Dimensions=[{"Name": dimension, "Value": "orders"}],
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=7200,
            Statistics=["Sum"],
        )["Datapoints"]
        if found:
            return {key: found[0][key] for key in ("Sum", "Unit")}
        assert time.monotonic() < limit, "the metric did not come"


def test_event_handler(function: Any) -> None:
    code = """\
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

app = APIGatewayHttpResolver()

@app.get("/orders/<order>")
def get(order: str):
    if order == "none":
        raise NotFoundError("no such order")
    return {"order": order}

def handler(event, context):
    return app.resolve(event, context)
"""
    ask = function(code)
    sample = find("apigateway-http-api")
    event = sample.render()
    for order, status, body in (
        ("7", 200, {"order": "7"}),
        ("none", 404, {"statusCode": 404, "message": "no such order"}),
    ):
        event["rawPath"] = f"/orders/{order}"
        event["requestContext"]["http"] |= {"method": "GET", "path": f"/orders/{order}"}
        answer, _ = ask(event)
        assert (answer["statusCode"], json.loads(answer["body"])) == (status, body)


def test_batch(function: Any) -> None:
    code = """\
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor, EventType, process_partial_response,
)

processor = BatchProcessor(event_type=EventType.SQS)

def one(record):
    if record.body == "poison":
        raise ValueError("cannot take this one")

def handler(event, context):
    return process_partial_response(event, one, processor, context)
"""
    record = find("sqs-message").render()["Records"][0]
    records = [{**record, "messageId": str(n), "body": body} for n, body in
               enumerate(("good", "poison", "good"))]  # fmt: skip
    answer, _ = function(code)({"Records": records})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_tracer(function: Any) -> None:
    code = """\
from aws_lambda_powertools import Tracer

tracer = Tracer()

@tracer.capture_method
def price(order):
    return order * 2

@tracer.capture_lambda_handler
def handler(event, context):
    return price(event["order"])
"""
    assert function(code)({"order": 4})[0] == 8


def test_idempotency(function: Any, shared_endpoint: LocalEndpoint) -> None:
    table = f"idempotency-{uuid.uuid4().hex[:8]}"
    shared_endpoint.client("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    code = """\
import os
import uuid

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer, IdempotencyConfig, idempotent,
)

store = DynamoDBPersistenceLayer(table_name=os.environ["TABLE"])

@idempotent(persistence_store=store, config=IdempotencyConfig(event_key_jmespath="order"))
def handler(event, context):
    return str(uuid.uuid4())
"""
    pay = function(code, TABLE=table)
    first, _ = pay({"order": 1, "try": 1})
    again, _ = pay({"order": 1, "try": 2})
    other, _ = pay({"order": 2})
    assert first == again != other
