"""Powertools' batch processors at our event source mappings, and its resolvers behind our doors."""

from __future__ import annotations

import importlib.metadata
import json
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from endpoint_lab import LocalEndpoint, local_lambda
from sources_lab import until

from workbench.project.front_doors.load_balancers import parse_load_balancer

DISTRIBUTIONS = ("aws-lambda-powertools", "jmespath", "typing-extensions")
ROUTES = """\
from aws_lambda_powertools.event_handler import (
    ALBResolver, APIGatewayHttpResolver, APIGatewayRestResolver, CORSConfig,
    LambdaFunctionUrlResolver, Response, content_types,
)
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.router import Router

router = Router()

@router.get("/orders/<order>")
def get(order):
    if order == "none":
        raise NotFoundError("no such order")
    event = router.current_event
    return {"order": order, "style": event.get_query_string_value("style", "plain")}

@router.post("/orders")
def post():
    made = router.current_event.json_body["order"]
    return Response(201, content_types.TEXT_PLAIN, f"made {made}", headers={"X-Made": made},
                    compress=False)

def of(resolver):
    resolver.include_router(router)
    return resolver

rest = of(APIGatewayRestResolver(cors=CORSConfig(allow_origin="https://shop.example")))
http = of(APIGatewayHttpResolver())
balancer = of(ALBResolver())
url = of(LambdaFunctionUrlResolver())

def rest_handler(event, context):
    return rest.resolve(event, context)

def http_handler(event, context):
    return http.resolve(event, context)

def balancer_handler(event, context):
    return balancer.resolve(event, context)

def url_handler(event, context):
    return url.resolve(event, context)
"""
BATCHES = """\
import os
from aws_lambda_powertools.utilities import batch
from aws_lambda_powertools.utilities.batch import EventType

def done(kind, text):
    with open(os.environ["DONE"], "a") as file:
        file.write(f"{kind} {text}\\n")
    if "bad" in text:
        raise ValueError(text)

def processor(kind, type_, text):
    def each(record):
        done(kind, text(record))
    def handler(event, context):
        return batch.process_partial_response(
            event, each, batch.BatchProcessor(type_), context
        )
    return handler

queue = processor("queue", EventType.SQS, lambda record: record.body)
stream = processor(
    "stream", EventType.KinesisDataStreams, lambda record: record.kinesis.data_as_text()
)
table = processor("table", EventType.DynamoDBStreams, lambda record: record.dynamodb.keys["id"])
"""
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.{minor}
    CodeUri: src
    MemorySize: 256
    Timeout: 3
    Layers: [!Ref Powertools]
    Environment: {{Variables: {{DONE: "{done}", POWERTOOLS_LOG_LEVEL: CRITICAL}}}}
Resources:
  Powertools: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: layer}}}}
  Rest:
    Type: AWS::Serverless::Function
    Properties:
      Handler: routes.rest_handler
      Events: {{All: {{Type: Api, Properties: {{Path: "/{{proxy+}}", Method: any}}}}}}
  Http:
    Type: AWS::Serverless::Function
    Properties: {{Handler: routes.http_handler, Events: {{All: {{Type: HttpApi}}}}}}
  Url:
    Type: AWS::Serverless::Function
    Properties: {{Handler: routes.url_handler, FunctionUrlConfig: {{AuthType: NONE}}}}
  Balanced:
    Type: AWS::Serverless::Function
    Properties: {{Handler: routes.balancer_handler}}
  Queue: {{Type: AWS::SQS::Queue, Properties: {{VisibilityTimeout: 3}}}}
  Stream: {{Type: AWS::Kinesis::Stream, Properties: {{ShardCount: 1}}}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{{AttributeName: id, KeyType: HASH}}]
      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {{StreamViewType: KEYS_ONLY}}
"""
MAPPED = """\
  Of{source}:
    Type: AWS::Serverless::Function
    Properties:
      Handler: batches.{handler}
      Events:
        All:
          Type: {kind}
          Properties:
            FunctionResponseTypes: [ReportBatchItemFailures]
            {more}
"""


def template(done: Path) -> str:
    text = TEMPLATE.format(minor=sys.version_info.minor, done=done)
    for source, handler, kind, more in (
        ("Queue", "queue", "SQS", {"Queue": "!GetAtt Queue.Arn", "BatchSize": "10"}),
        ("Stream", "stream", "Kinesis", {"Stream": "!GetAtt Stream.Arn"}),
        ("Table", "table", "DynamoDB", {"Stream": "!GetAtt Table.StreamArn"}),
    ):
        if kind != "SQS":
            more |= {"StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": "1"}
        lines = "\n            ".join(f"{name}: {value}" for name, value in more.items())
        text += MAPPED.format(source=source, handler=handler, kind=kind, more=lines)
    return text


@dataclass
class Shop:
    endpoint: LocalEndpoint
    done: Path

    def records(self, kind: str) -> Counter[str]:
        """How often each record of a kind was processed."""
        lines = self.done.read_text().splitlines() if self.done.exists() else []
        return Counter(line.partition(" ")[2] for line in lines if line.startswith(f"{kind} "))

    def url(self, function: str) -> str:
        fronts = self.endpoint.call(self.endpoint.server.fronts)
        return next(
            str(front["Url"])
            for front in fronts
            if any(route["FunctionName"] == function for route in front["Routes"])
        )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("shop")
    (root / "src").mkdir()
    (root / "src" / "routes.py").write_text(ROUTES)
    (root / "src" / "batches.py").write_text(BATCHES)
    for distribution in DISTRIBUTIONS:
        for path in importlib.metadata.files(distribution) or ():
            if ".." not in path.parts and "__pycache__" not in path.parts:
                copy = root / "layer" / "python" / path
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_binary())
    done = root / "done"
    (root / "template.yaml").write_text(template(done))
    balancer = parse_load_balancer("Balanced")
    with local_lambda(root, project=root, fronts=(balancer,)) as endpoint:
        yield Shop(endpoint, done)


def test_batches(shop: Shop) -> None:
    client = shop.endpoint.client
    mappings = client().list_event_source_mappings
    until(lambda: [m["State"] for m in mappings()["EventSourceMappings"]] == ["Enabled"] * 3)
    queue = client("sqs").get_queue_url(QueueName="Queue")["QueueUrl"]
    names = ("one", "bad", "two")
    entries = [{"Id": name, "MessageBody": name} for name in names]
    client("sqs").send_message_batch(QueueUrl=queue, Entries=entries)
    records = [{"Data": name.encode(), "PartitionKey": "same"} for name in names]
    client("kinesis").put_records(StreamName="Stream", Records=records)
    for name in names:
        client("dynamodb").put_item(TableName="Table", Item={"id": {"S": name}})
    until(lambda: shop.records("queue")["bad"] >= 2)
    assert shop.records("queue")["one"] == shop.records("queue")["two"] == 1
    # What comes after the failed record is tried again with it; what comes before is not.
    for kind in ("stream", "table"):
        until(lambda kind=kind: shop.records(kind)["bad"] >= 2 and shop.records(kind)["two"] >= 1)
        assert shop.records(kind)["one"] == 1


@pytest.mark.parametrize("function", ["Rest", "Http", "Balanced", "Url"])
def test_resolvers(shop: Shop, function: str) -> None:
    url = shop.url(function)

    def ask(path: str, body: Any = None) -> tuple[int, Any, str]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "origin": "https://shop.example"}
        try:
            answer = urllib.request.urlopen(
                urllib.request.Request(url + path, data, headers), timeout=30
            )
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            return answer.status, answer.headers, answer.read().decode()

    status, headers, body = ask("orders/7?style=bold")
    assert (status, json.loads(body)) == (200, {"order": "7", "style": "bold"})
    assert headers["content-type"] == "application/json"
    if function == "Rest":
        assert headers["access-control-allow-origin"] == "https://shop.example"
    status, headers, body = ask("orders", {"order": "9"})
    assert (status, body, headers["x-made"]) == (201, "made 9", "9")
    status, _, body = ask("orders/none")
    assert (status, json.loads(body)["message"]) == (404, "no such order")
    assert ask("elsewhere")[0] == 404
