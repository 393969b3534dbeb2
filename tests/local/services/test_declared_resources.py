"""What the template declares is there when a function first uses it, by the names it was told."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_lab import LocalEndpoint, local_lambda

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Shards: {Type: Number, Default: 2}
Resources:
  Use:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: use.handler
      CodeUri: src
      Timeout: 60
      MemorySize: 512
      Environment:
        Variables:
          QUEUE_URL: !Ref Jobs
          QUEUE_ARN: !GetAtt Jobs.Arn
          FIFO_URL: !Ref Ordered
          TABLE: !Ref Orders
          STREAM_ARN: !GetAtt Orders.StreamArn
          SIMPLE: !Ref Simple
          BUCKET: !Ref Uploads
          TOPIC_ARN: !Ref News
          STREAM: !Ref Clicks
          BUS: !Ref Bus
          PARAMETER: !Ref Setting
          SECRET_ARN: !Ref Password
          MACHINE_ARN: !Ref Machine
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 90
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Ordered: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
  Simple: {Type: AWS::Serverless::SimpleTable}
  Uploads:
    Type: AWS::S3::Bucket
    Properties: {VersioningConfiguration: {Status: Enabled}}
  News: {Type: AWS::SNS::Topic}
  NewsToJobs:
    Type: AWS::SNS::Subscription
    Properties:
      {TopicArn: !Ref News, Protocol: sqs, Endpoint: !GetAtt Jobs.Arn, RawMessageDelivery: true}
  Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: !Ref Shards}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: orders}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [shop]}
      Targets: [{Id: queue, Arn: !GetAtt Jobs.Arn}]
  Desk:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: BASIC
      AuthParameters: {BasicAuthParameters: {Username: a, Password: b}}
  Web:
    Type: AWS::Events::ApiDestination
    Properties:
      ConnectionArn: !GetAtt Desk.Arn
      InvocationEndpoint: https://example.com/orders
      HttpMethod: POST
  Past:
    Type: AWS::Events::Archive
    Properties: {SourceArn: !GetAtt Bus.Arn, EventPattern: {source: [shop]}}
  Slow:
    Type: AWS::CloudWatch::Alarm
    Properties:
      {Namespace: AWS/Lambda, MetricName: Duration, Statistic: Maximum, Period: 60,
       Threshold: "900", EvaluationPeriods: 1, ComparisonOperator: GreaterThanThreshold}
  Setting: {Type: AWS::SSM::Parameter, Properties: {Name: /app/x, Type: String, Value: 5}}
  Password:
    Type: AWS::SecretsManager::Secret
    Properties: {GenerateSecretString: {SecretStringTemplate: '{"u":"a"}', GenerateStringKey: p}}
  Double:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Timeout: 60
      InlineCode: "def handler(event, context): return {'n': event['n'] * 2}"
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.yaml
      DefinitionSubstitutions: {Double: !GetAtt Double.Arn}
  Nowhere: {Type: AWS::S3::Bucket, Condition: Never}
  Broken: {Type: AWS::S3::Bucket, Properties: {BucketName: x}}
  Lost: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: gone.asl.json}}
  Odd:
    Type: AWS::S3::Bucket
    Properties: {NotificationConfiguration: {QueueConfigurations: [{Queue: x}]}}
  OddRule:
    Type: AWS::Events::Rule
    Properties: {EventPattern: {source: [odd]}, Targets: [text, {Arn: x}]}
Conditions:
  Never: !Equals [a, b]
"""

MACHINE = """\
StartAt: Double
States:
  Double: {Type: Task, Resource: "${Double}", End: true}
"""

USE = """\
import json, os
import boto3

def handler(event, context):
    env = os.environ
    client = {name: boto3.client(name) for name in (
        "sqs", "dynamodb", "dynamodbstreams", "s3", "sns", "kinesis", "events", "ssm",
        "secretsmanager", "stepfunctions")}
    queue = dict(QueueUrl=env["QUEUE_URL"])
    client["sns"].publish(TopicArn=env["TOPIC_ARN"], Message="news")
    client["events"].put_events(Entries=[dict(
        Source="shop", DetailType="t", Detail="{}", EventBusName=env["BUS"])])
    client["sqs"].send_message(
        QueueUrl=env["FIFO_URL"], MessageBody="m", MessageGroupId="g", MessageDeduplicationId="d")
    client["dynamodb"].put_item(TableName=env["TABLE"], Item={"id": {"S": "1"}})
    client["dynamodb"].put_item(TableName=env["SIMPLE"], Item={"id": {"S": "1"}})
    client["s3"].put_object(Bucket=env["BUCKET"], Key="k", Body=b"x")
    shards = client["kinesis"].list_shards(StreamName=env["STREAM"])["Shards"]
    attributes = client["sqs"].get_queue_attributes(**queue, AttributeNames=["All"])["Attributes"]
    messages = client["sqs"].receive_message(**queue, MaxNumberOfMessages=10)["Messages"]
    secret = client["secretsmanager"].get_secret_value(SecretId=env["SECRET_ARN"])["SecretString"]
    stream = client["dynamodbstreams"].describe_stream(StreamArn=env["STREAM_ARN"])
    started = client["stepfunctions"].start_execution(
        stateMachineArn=env["MACHINE_ARN"], input='{"n": 21}')
    while True:
        execution = client["stepfunctions"].describe_execution(
            executionArn=started["executionArn"])
        if execution["status"] != "RUNNING":
            break
    return {
        "machine": execution["status"] + execution.get("output", ""),
        "shards": len(shards),
        "visibility": attributes["VisibilityTimeout"],
        "redrive": json.loads(attributes["RedrivePolicy"])["maxReceiveCount"],
        "arn": attributes["QueueArn"] == env["QUEUE_ARN"],
        "messages": len(messages),
        "stream": stream["StreamDescription"]["TableName"],
        "parameter": client["ssm"].get_parameter(Name=env["PARAMETER"])["Parameter"]["Value"],
        "secret": sorted(json.loads(secret)),
    }
"""

EXPECTED = {
    "machine": 'SUCCEEDED{"n": 42}',
    "shards": 2,
    "visibility": "90",
    "redrive": 3,
    "arn": True,
    "messages": 2,
    "stream": "Orders",
    "parameter": "5",
    "secret": ["p", "u"],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    root = tmp_path_factory.mktemp("project")
    (root / "src").mkdir()
    (root / "src" / "use.py").write_text(USE)
    (root / "machine.asl.yaml").write_text(MACHINE)
    (root / "template.yaml").write_text(TEMPLATE)
    with local_lambda(root, project=root) as endpoint:
        endpoint.settle("Use")
        yield endpoint


def use(endpoint: LocalEndpoint) -> Any:
    answer = endpoint.client().invoke(FunctionName="Use")
    return json.loads(answer["Payload"].read())


def test_a_function_uses_all_of_them(project: LocalEndpoint) -> None:
    assert use(project) == EXPECTED
    assert project.client("s3").list_buckets()["Buckets"][0]["Name"] == "uploads"
    events = project.client("events")
    (web,) = events.list_api_destinations()["ApiDestinations"]
    assert web["ConnectionArn"].endswith(":connection/Desk")
    assert events.describe_archive(ArchiveName="Past")["EventCount"] >= 1
    (alarm,) = project.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["Threshold"]) == ("Slow", 900.0)


def test_they_are_there_again_after_a_kill(project: LocalEndpoint) -> None:
    project.client("sqs").list_queues()
    os.kill(project.server._services._embedded.pid, signal.SIGKILL)
    assert use(project) == EXPECTED


def test_what_cannot_be_made_is_told(project: LocalEndpoint) -> None:
    project.client("sqs").list_queues()
    told = {notice["Message"] for notice in project.server.broadcaster.notices}
    assert not [message for message in told if message.startswith(("Desk", "Web", "Past", "Slow"))]
    assert (
        "Broken of the template is not there for functions: "
        "CreateBucket: The specified bucket is not valid."
    ) in told
    assert "Odd of the template is not there for functions: its properties lack 'Event'" in told
    assert (
        "Lost of the template is not there for functions: "
        "its properties are not understood: gone.asl.json is no file of JSON or YAML"
    ) in told


def test_one_that_is_added_to_the_template_is_made(project: LocalEndpoint) -> None:
    sqs = project.client("sqs")
    sqs.list_queues()
    template = TEMPLATE.replace("  Dead:", "  Late: {Type: AWS::SQS::Queue}\n  Dead:")
    template = template.replace("source: [odd]", "source: [even]")
    (project.state.parent / "template.yaml").write_text(template)
    deadline = time.monotonic() + 60
    while not (found := sqs.list_queues(QueueNamePrefix="Late").get("QueueUrls")):
        assert time.monotonic() < deadline
    assert found == [f"{project.url}/123456789012/Late"]
