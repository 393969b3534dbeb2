"""Resources beside the functions of a template, and what refers to them."""

from __future__ import annotations

from pathlib import Path

from workbench.project.discover import discover

TEMPLATE = """\
Parameters:
  Stage: {Type: String, Default: dev}
Conditions:
  Never: !Equals [a, b]
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: "def handler(e, c): pass"
      Environment: {Variables: {QUEUE: !Ref Jobs, FIFO: !GetAtt Ordered.Arn}}
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Stage}-jobs", DelaySeconds: 5}}
  Ordered: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
  Uploads: {Type: AWS::S3::Bucket}
  Gone: {Type: AWS::S3::Bucket, Condition: Never}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt Nothing.Here}}
"""
UNNAMED = """\
Parameters:
  Name: {Type: String}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: "def handler(e, c): pass"
      Events:
        Upload: {Type: S3, Properties: {Bucket: !Ref Uploads, Events: "s3:ObjectCreated:*"}}
  Uploads: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}
"""
MACHINE = """\
Resources:
  Trade:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
      Events:
        Hourly: {Type: Schedule, Properties: {Schedule: rate(1 hour), Enabled: false}}
        Order: {Type: EventBridgeRule, Properties: {Pattern: {source: [shop]}}}
        Later: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
"""


def project(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path


def test_names_and_properties_are_worked_out(tmp_path: Path) -> None:
    found = discover(project(tmp_path))
    assert [(r.logical_id, r.type, r.name, r.properties) for r in found.resources] == [
        ("Jobs", "AWS::SQS::Queue", "dev-jobs", {"QueueName": "dev-jobs", "DelaySeconds": 5}),
        ("Ordered", "AWS::SQS::Queue", "Ordered.fifo", {"FifoQueue": True}),
        ("Uploads", "AWS::S3::Bucket", "uploads", {}),
    ]
    assert found.problems == ()


def test_a_name_that_is_not_known_is_the_logical_id(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(UNNAMED)
    found = {resource.logical_id: resource for resource in discover(tmp_path).resources}
    assert found["Uploads"].name == "uploads"
    told = found["Uploads"].properties["NotificationConfiguration"]
    assert told["LambdaConfigurations"][0]["Event"] == "s3:ObjectCreated:*"  # type: ignore[index]


def test_rules_and_schedules_start_state_machines(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(MACHINE)
    found = {resource.name: resource.properties for resource in discover(tmp_path).resources}
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Trade"
    hourly = found["TradeHourly"]
    assert (hourly["ScheduleExpression"], hourly["State"]) == ("rate(1 hour)", "DISABLED")
    assert hourly["Targets"] == [{"Id": "TradeHourlyStepFunctionsTarget", "Arn": arn}]
    assert found["TradeOrder"]["EventPattern"] == {"source": ["shop"]}
    assert found["TradeLater"]["Target"]["Arn"] == arn  # type: ignore[index]


def test_queues_are_at_the_endpoint_of_the_services(tmp_path: Path) -> None:
    root = project(tmp_path)
    [here] = discover(root, endpoint="http://127.0.0.1:3001").functions
    assert here.environment["QUEUE"] == "http://127.0.0.1:3001/123456789012/dev-jobs"
    [there] = discover(root).functions
    assert there.environment["QUEUE"] == "https://sqs.us-east-1.amazonaws.com/123456789012/dev-jobs"
    assert there.environment["FIFO"] == "arn:aws:sqs:us-east-1:123456789012:Ordered.fifo"


def test_a_template_of_resources_alone_goes_with_the_handlers_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources:\n  B: {Type: AWS::S3::Bucket}\n")
    (tmp_path / "f.py").write_text("def handler(event, context):\n    return 1\n")
    found = discover(tmp_path)
    assert [function.handler for function in found.functions] == ["f.handler"]
    assert [resource.name for resource in found.resources] == ["b"]
