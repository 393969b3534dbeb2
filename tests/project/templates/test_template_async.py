"""Dead letters, retries and destinations of asynchronous invocations in templates."""

from __future__ import annotations

from pathlib import Path

from template_lab import load, messages

QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"


def test_a_sam_function(project: Path) -> None:
    found = load(
        project,
        """\
        Transform: AWS::Serverless-2016-10-31
        Globals: {Function: {Runtime: python3.11, CodeUri: src, Handler: app.handler}}
        Resources:
          Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
          Other: {Type: AWS::Serverless::Function}
          Works:
            Type: AWS::Serverless::Function
            Properties:
              DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Jobs.Arn}
              EventInvokeConfig:
                MaximumRetryAttempts: 1
                MaximumEventAgeInSeconds: 60
                DestinationConfig:
                  OnSuccess: {Type: Lambda, Destination: !GetAtt Other.Arn}
                  OnFailure: {Type: SQS, Destination: !GetAtt Jobs.Arn}
        """,
    )
    assert messages(found) == []
    other, works = found.functions
    assert (other.dead_letter_arn, other.event_invoke_config) == (None, None)
    assert works.dead_letter_arn == QUEUE
    function = "arn:aws:lambda:us-east-1:123456789012:function:Other"
    assert works.event_invoke_config == {
        "MaximumRetryAttempts": 1,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": {
            "OnSuccess": {"Destination": function},
            "OnFailure": {"Destination": QUEUE},
        },
    }


def test_resources_of_cloudformation(project: Path) -> None:
    found = load(
        project,
        """\
        Resources:
          Works:
            Type: AWS::Lambda::Function
            Properties:
              Runtime: python3.11
              Code: src
              Handler: app.handler
              DeadLetterConfig: {TargetArn: "arn:aws:sns:us-east-1:123456789012:news"}
          Config:
            Type: AWS::Lambda::EventInvokeConfig
            Properties: {FunctionName: !Ref Works, Qualifier: $LATEST, MaximumRetryAttempts: 0}
          OfAnAlias:
            Type: AWS::Lambda::EventInvokeConfig
            Properties: {FunctionName: !Ref Works, Qualifier: live, MaximumRetryAttempts: 2}
        """,
    )
    [works] = found.functions
    assert works.dead_letter_arn == "arn:aws:sns:us-east-1:123456789012:news"
    assert works.event_invoke_config == {"MaximumRetryAttempts": 0}


def test_what_cannot_be_is_reported_and_left_out(project: Path) -> None:
    found = load(
        project,
        """\
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Works:
            Type: AWS::Serverless::Function
            Properties:
              Runtime: python3.11
              CodeUri: src
              Handler: app.handler
              DeadLetterQueue: {Type: SQS, TargetArn: jobs}
              EventInvokeConfig:
                MaximumRetryAttempts: 3
                DestinationConfig:
                  OnSuccess: {Type: S3, Destination: "arn:aws:s3:::bucket"}
                  OnFailure: {Type: SQS}
        """,
    )
    [works] = found.functions
    assert works.dead_letter_arn is None and works.event_invoke_config == {}
    told = "\n".join(messages(found))
    for words in (
        "“jobs” is not the ARN of a queue or topic",
        "MaximumRetryAttempts must be a whole number from 0 to 2",
        "“arn:aws:s3:::bucket” cannot be the Destination of OnSuccess",
        "OnFailure has no Destination",
    ):
        assert words in told
