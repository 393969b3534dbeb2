"""Queues and streams that the template has functions invoked with."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

from endpoint_lab import LocalEndpoint, local_lambda
from sources_lab import ASKING, Function, asked, body_of, until

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: python3.11
      Handler: index.handler
      CodeUri: src
      Timeout: 3
      Environment: {{Variables: {{ASK: "{ask}"}}}}
      Events:
        Job:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            BatchSize: {size}
            FilterCriteria: {{Filters: [{{Pattern: '{{"body": {{"ok": [true]}}}}'}}]}}
        Change:
          Type: DynamoDB
          Properties: {{Stream: !GetAtt Orders.StreamArn, StartingPosition: TRIM_HORIZON}}
  Clicks: {{Type: AWS::Kinesis::Stream, Properties: {{Name: clicks}}}}
  Clicked:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Worker
      EventSourceArn: !GetAtt Clicks.Arn
      StartingPosition: TRIM_HORIZON
      FunctionResponseTypes: [ReportBatchItemFailures]
  Jobs: {{Type: AWS::SQS::Queue, Properties: {{QueueName: jobs}}}}
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      KeySchema: [{{AttributeName: id, KeyType: HASH}}]
      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {{StreamViewType: NEW_IMAGE}}
"""


def write(root: Path, ask: str, size: int, without: str = "") -> None:
    (root / "src").mkdir(parents=True, exist_ok=True)
    (root / "src" / "index.py").write_text(dedent(ASKING))
    text = TEMPLATE.format(ask=ask, size=size)
    (root / "template.yaml").write_text(text.replace(without, "", 1) if without else text)


def mappings(endpoint: LocalEndpoint) -> dict[str, Any]:
    """The mappings that are enabled, by the service of their source."""
    found = endpoint.client().list_event_source_mappings()["EventSourceMappings"]
    return {m["EventSourceArn"].split(":")[2]: m for m in found if m["State"] == "Enabled"}


def test_sources_of_the_template_invoke_its_functions(tmp_path: Path) -> None:
    root = tmp_path / "project"
    worker = Function(None, lambda event: None)  # type: ignore[arg-type]
    with asked(worker) as variables:
        write(root, variables["ASK"], size=4)
        with local_lambda(root, project=root, time_scale=20) as endpoint:
            made = until(lambda: len(found := mappings(endpoint)) == 3 and found)
            assert made["sqs"]["BatchSize"] == 4
            assert made["kinesis"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            put(endpoint)
            records = worker.records(3)
            assert sorted(record["eventSource"] for record in records) == [
                "aws:dynamodb", "aws:kinesis", "aws:sqs",
            ]  # fmt: skip
            write(root, variables["ASK"], size=5, without="BatchSize: 5")
            changed = until(lambda: (f := mappings(endpoint).get("sqs")) and f["BatchSize"] == 10)
            assert changed and mappings(endpoint)["sqs"]["UUID"] == made["sqs"]["UUID"]
        with local_lambda(root, project=root, time_scale=20) as endpoint:
            # Everything is there as it was, and is polled on.
            again = until(lambda: len(found := mappings(endpoint)) == 3 and found)
            assert again["sqs"]["UUID"] == made["sqs"]["UUID"]
            put(endpoint, id="2")
            records = worker.records(6)[3:]
            assert {body_of(r) for r in records if "dynamodb" not in r} == {'{"ok": true}', "click"}
            (root / "template.yaml").unlink()
            until(lambda: not mappings(endpoint))


def put(endpoint: LocalEndpoint, id: str = "1") -> None:
    """Something into each source."""
    sqs = endpoint.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"ok": false}')
    sqs.send_message(QueueUrl=url, MessageBody='{"ok": true}')
    kinesis = endpoint.client("kinesis")
    kinesis.put_record(StreamName="clicks", Data=b"click", PartitionKey="k")
    endpoint.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": id}})
