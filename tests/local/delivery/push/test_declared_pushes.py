"""What a template has push events to its functions does so from the start."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from endpoint_lab import LocalEndpoint, local_lambda
from sources_lab import Function, asked, until

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Uploads: {Type: AWS::S3::Bucket}
  News: {Type: AWS::SNS::Topic}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: orders}}
  Told:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      CodeUri: src
      Environment: {Variables: {ASK: "%(ask)s"}}
      Events:
        Upload:
          Type: S3
          Properties:
            Bucket: !Ref Uploads
            Events: s3:ObjectCreated:*
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}
        Message: {Type: SNS, Properties: {Topic: !Ref News, FilterPolicy: {kind: [a]}}}
        Order:
          Type: EventBridgeRule
          Properties: {EventBusName: !Ref Bus, Pattern: {source: [shop]}, InputPath: $.detail}
%(soon)s        Lines: {Type: CloudWatchLogs, Properties: {LogGroupName: /app, FilterPattern: told}}
        Daily:
          Type: Schedule
          Properties: {Schedule: cron(0 3 * * ? *), Enabled: %(daily)s}
  Plain:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [plain]}
      Targets: [{Id: f, Arn: !GetAtt Told.Arn}]
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: Same, States: {Same: {Type: Pass, End: true}}}
      Events:
        Order: {Type: EventBridgeRule, Properties: {Pattern: {source: [trade]}}}
  PlainMay:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !GetAtt Told.Arn
      Action: lambda:InvokeFunction
      Principal: events.amazonaws.com
      SourceArn: !GetAtt Plain.Arn
"""

SCHEDULE = """\
        Soon%d:
          Type: ScheduleV2
          Properties: {ScheduleExpression: at(%s), Input: '{"by": "schedule"}'}
"""

KINDS = {"S3", "SNS", "Rule", "Schedule", "LogSubscription"}
# One of them is still to come when the services have started.
SOON = (3, 6, 12, 25)
ALL = 6 + len(SOON)  # sources

HANDLER = """
import json, os, urllib.request

def handler(event, context):
    question = urllib.request.Request(os.environ["ASK"], json.dumps(event).encode())
    urllib.request.urlopen(question, timeout=60).close()
"""


def _in(seconds: int) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"


class Project:
    """A project whose function asks the test."""

    def __init__(self, folder: Path, function: Function, variables: dict[str, str]) -> None:
        self.folder = folder
        self.function = function
        self._ask = variables["ASK"]
        (folder / "src").mkdir(parents=True)
        (folder / "src" / "index.py").write_text(HANDLER)

    def write(self, daily: str = "true") -> None:
        soon = "".join(SCHEDULE % (seconds, _in(seconds)) for seconds in SOON)
        text = TEMPLATE % {"ask": self._ask, "soon": soon, "daily": daily}
        (self.folder / "template.yaml").write_text(text)

    def invoked(self, matches: str) -> Any:
        """The event in whose JSON text there is `matches`."""
        pattern = re.compile(matches)
        events = self.function.wait(lambda all: any(pattern.search(json.dumps(e)) for e in all))
        return next(event for event in events if pattern.search(json.dumps(event)))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    function = Function(None, lambda event: None)  # type: ignore[arg-type]
    with asked(function) as variables:
        made = Project(tmp_path_factory.mktemp("declared"), function, variables)
        made.write()
        with local_lambda(made.folder, project=made.folder) as endpoint:
            function.endpoint = endpoint
            yield made


def sources(endpoint: LocalEndpoint) -> dict[str, Any]:
    return {source["Name"]: source for source in endpoint.server._endpoint.sources()}


def test_a_schedule_runs_without_any_request(project: Project) -> None:
    assert project.invoked("schedule") == {"by": "schedule"}
    told = until(lambda: len(found := sources(project.function.endpoint)) == ALL and found)
    assert {source["Kind"] for source in told.values()} == KINDS
    assert told["ToldDaily"]["NextRun"]


def test_a_bucket_a_topic_and_rules(project: Project) -> None:
    client = project.function.endpoint.client
    client("s3").put_object(Bucket="uploads", Key="in/photo", Body=b"")
    assert project.invoked("in/photo")["Records"][0]["eventSource"] == "aws:s3"
    attributes = {"kind": {"DataType": "String", "StringValue": "a"}}
    topic = "arn:aws:sns:us-east-1:123456789012:News"
    client("sns").publish(TopicArn=topic, Message="read this", MessageAttributes=attributes)
    assert project.invoked("read this")["Records"][0]["EventSource"] == "aws:sns"
    order = {"Source": "shop", "DetailType": "o", "Detail": '{"n": 77}', "EventBusName": "orders"}
    plain = {"Source": "plain", "DetailType": "o", "Detail": "{}"}
    client("events").put_events(Entries=[order, plain])
    assert project.invoked('"n": 77}') == {"n": 77}
    assert project.invoked('"plain"')["source"] == "plain"
    trade = {"Source": "trade", "DetailType": "o", "Detail": '{"n": 5}'}
    client("events").put_events(Entries=[trade])
    steps, machine = client("stepfunctions"), "arn:aws:states:us-east-1:123456789012:stateMachine:"
    [run] = until(lambda: steps.list_executions(stateMachineArn=f"{machine}Machine")["executions"])
    begun = steps.describe_execution(executionArn=run["executionArn"])
    assert json.loads(begun["input"])["detail"] == {"n": 5}
    client("logs").create_log_group(logGroupName="/app")
    client("logs").create_log_stream(logGroupName="/app", logStreamName="s")
    lines = [{"timestamp": int(time.time() * 1000), "message": "told"}]
    client("logs").put_log_events(logGroupName="/app", logStreamName="s", logEvents=lines)
    assert project.invoked("awslogs")


def test_all_is_there_again_after_the_services_were_killed(project: Project) -> None:
    endpoint = project.function.endpoint
    embedded = endpoint.server._services._embedded
    os.kill(embedded.pid, signal.SIGKILL)
    until(lambda: embedded.pid is None)
    until(lambda: len(sources(endpoint)) == ALL)
    endpoint.client("s3").put_object(Bucket="uploads", Key="in/again", Body=b"")
    assert project.invoked("in/again")


def test_what_the_template_no_longer_declares_ends(project: Project) -> None:
    endpoint = project.function.endpoint
    until(lambda: len(sources(endpoint)) == ALL)
    project.write(daily="false")
    until(lambda: sources(endpoint)["ToldDaily"]["State"] == "Disabled")
    text = (project.folder / "template.yaml").read_text()
    left = re.sub(
        r"        (Daily|Message|Upload):\n(          .*\n)+|        (Message|Lines): .*\n",
        "",
        text,
    )
    (project.folder / "template.yaml").write_text(left)
    left_over = {"ToldOrder", "Plain", *(f"ToldSoon{seconds}" for seconds in SOON)}
    until(lambda: sources(endpoint).keys() == left_over)
    sids = [
        statement["Sid"]
        for statement in json.loads(endpoint.client().get_policy(FunctionName="Told")["Policy"])[
            "Statement"
        ]
    ]
    assert sids == ["ToldOrderPermission", "PlainMayPermission"]
