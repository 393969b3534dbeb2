"""Queues and streams in templates."""

from __future__ import annotations

from pathlib import Path

from template_lab import load, messages, only

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters: {{Size: {{Type: Number, Default: 7}}}}
Resources:
  Good:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      Events: {events}
  Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q}}}}
"""


def events(root: Path, text: str) -> str:
    (root / "src").mkdir()
    (root / "src" / "app.py").write_text("def handler(event, context): pass\n")
    return TEMPLATE.format(events=text)


def test_all_that_a_queue_can_say(tmp_path: Path) -> None:
    text = events(
        tmp_path,
        "{E: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn, BatchSize: !Ref Size, Enabled: false,"
        " ScalingConfig: {MaximumConcurrency: 3}, FunctionResponseTypes: [ReportBatchItemFailures],"
        " FilterCriteria: {Filters: [{Pattern: '{}'}]}}},"
        " Other: {Type: Api, Properties: {Path: /, Method: get}}}",
    )
    found = load(tmp_path, text)
    assert messages(found) == []
    assert only(found).event_sources == (
        {
            "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q",
            "BatchSize": 7,
            "Enabled": False,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 3},
            "FilterCriteria": {"Filters": [{"Pattern": "{}"}]},
        },
    )


def test_a_stream_with_a_destination(tmp_path: Path) -> None:
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
    text = events(
        tmp_path,
        f"{{E: {{Type: Kinesis, Properties: {{Stream: '{arn}', StartingPosition: LATEST,"
        " BisectBatchOnFunctionError: true, MaximumRetryAttempts: 2,"
        " DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Q.Arn}}}}}",
    )
    (source,) = only(load(tmp_path, text)).event_sources
    assert source == {
        "EventSourceArn": arn,
        "StartingPosition": "LATEST",
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:q"}},
    }


def test_what_cannot_be_polled_is_told(tmp_path: Path) -> None:
    text = events(
        tmp_path,
        "{E: {Type: SQS, Properties: {Queue: !Ref Q}}, F: {Type: SQS, Properties:"
        " {Queue: !GetAtt Q.Arn, BatchSize: many}}, G: {Type: MSK, Properties: {Topics: [t]}}}",
    )
    found = load(tmp_path, text)
    assert [source.get("BatchSize") for source in only(found).event_sources] == [None]
    first, second, third = messages(found)
    assert "is not the ARN of a queue, a stream or a broker that is polled here" in first
    assert second.endswith("BatchSize must be a whole number.")
    assert third.endswith("Kafka is not polled here: the function is not invoked with its events.")


def test_a_broker_with_its_queue_and_secret(tmp_path: Path) -> None:
    arn = "arn:aws:mq:us-east-1:123456789012:broker:orders:b-1"
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:broker"
    given = (
        f"Broker: '{arn}', Queues: [orders], SourceAccessConfigurations: "
        f"[{{Type: BASIC_AUTH, URI: '{secret}'}}, {{Type: VIRTUAL_HOST, URI: /}}]"
    )
    (source,) = only(
        load(tmp_path, events(tmp_path, f"{{E: {{Type: MQ, Properties: {{{given}}}}}}}"))
    ).event_sources
    assert source == {
        "EventSourceArn": arn,
        "Queues": ["orders"],
        "SourceAccessConfigurations": [
            {"Type": "BASIC_AUTH", "URI": secret},
            {"Type": "VIRTUAL_HOST", "URI": "/"},
        ],
    }
    odd = f"{{E: {{Type: MQ, Properties: {{Broker: '{arn}', Queues: [[1]]}}}}}}"
    other = tmp_path / "odd"
    other.mkdir()
    (message,) = messages(load(other, events(other, odd)))
    assert message.endswith("Queues are names, SourceAccessConfigurations have Type and URI.")
