"""Functions invoked with what happens in buckets (lambda-facts §8.1)."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, LocalEndpoint
from sources_lab import Fails, Function, Queue, asking_function, until


def arn_of(function: Function) -> str:
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function.name}"


def new_bucket(endpoint: LocalEndpoint) -> str:
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    endpoint.client("s3").create_bucket(Bucket=name)
    return name


def notified(function: Function, bucket: str, *kinds: str, **more: Any) -> None:
    """Have the function told of these events, as AWS asks for it."""
    function.endpoint.client().add_permission(
        FunctionName=function.name,
        StatementId=uuid.uuid4().hex,
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
        SourceAccount=ACCOUNT,
    )
    configuration = {
        "Id": "told",
        "LambdaFunctionArn": arn_of(function),
        "Events": [f"s3:{kind}" for kind in kinds],
    }
    function.endpoint.client("s3").put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"LambdaFunctionConfigurations": [{**configuration, **more}]},
    )


def test_a_record_is_as_aws_writes_it(hurried: LocalEndpoint) -> None:
    bucket, s3 = new_bucket(hurried), hurried.client("s3")
    with asking_function(hurried) as function:
        notified(function, bucket, "ObjectCreated:*")
        s3.put_object(Bucket=bucket, Key="my photos/ä+b.jpg", Body=b"12345", Tagging="a=b")
        (record,) = function.records(1)
    assert record.pop("eventTime").endswith("Z")
    assert len(record["s3"]["object"].pop("sequencer")) == 18
    assert record.pop("responseElements").keys() == {"x-amz-request-id", "x-amz-id-2"}
    assert record.pop("userIdentity")["principalId"].startswith("AWS:")
    assert record["s3"]["bucket"].pop("ownerIdentity")["principalId"]
    assert record == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Put",
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "told",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {
                "key": "my+photos/%C3%A4%2Bb.jpg",
                "size": 5,
                "eTag": "827ccb0eea8a706c4c34a16891f84e7b",
            },
        },
    }


def test_each_request_is_one_event_of_its_own_kind(hurried: LocalEndpoint) -> None:
    bucket, s3 = new_bucket(hurried), hurried.client("s3")
    with asking_function(hurried) as function:
        kinds = ("ObjectCreated:*", "ObjectRemoved:*", "ObjectTagging:*", "ObjectAcl:Put")
        notified(function, bucket, *kinds)
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
        s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
        upload = s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
        of = {"Bucket": bucket, "Key": "c", "UploadId": upload}
        part = s3.upload_part(**of, PartNumber=1, Body=b"123")
        parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
        s3.complete_multipart_upload(**of, MultipartUpload={"Parts": parts})
        s3.put_object_tagging(
            Bucket=bucket, Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]}
        )
        s3.delete_object(Bucket=bucket, Key="a")
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}, {"Key": "nothing"}]})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        version = s3.put_object(Bucket=bucket, Key="d", Body=b"")["VersionId"]
        s3.delete_object(Bucket=bucket, Key="d")
        s3.delete_object(Bucket=bucket, Key="d", VersionId=version)
        records = function.records(9)
    records.sort(key=lambda record: str(record["s3"]["object"]["sequencer"]))
    told = [(r["eventName"], r["s3"]["object"]["key"]) for r in records]
    assert told == [
        ("ObjectCreated:Put", "a"),
        ("ObjectCreated:Copy", "b"),
        ("ObjectCreated:CompleteMultipartUpload", "c"),
        ("ObjectTagging:Put", "a"),
        ("ObjectRemoved:Delete", "a"),
        ("ObjectRemoved:Delete", "b"),
        ("ObjectCreated:Put", "d"),
        ("ObjectRemoved:DeleteMarkerCreated", "d"),
        ("ObjectRemoved:Delete", "d"),
    ]
    assert records[4]["s3"]["object"].keys() == {"key", "sequencer"}
    assert records[6]["s3"]["object"]["versionId"] == version
    assert records[8]["s3"]["object"]["versionId"] == version


def test_only_keys_with_the_prefix_and_suffix(hurried: LocalEndpoint) -> None:
    bucket, s3 = new_bucket(hurried), hurried.client("s3")
    rules = [{"Name": "Prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]
    with asking_function(hurried) as function:
        notified(function, bucket, "ObjectCreated:Put", Filter={"Key": {"FilterRules": rules}})
        for key in ("in/a.png", "out/a.jpg", "in/a.jpg"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"")
        (record,) = function.records(1)
    assert record["s3"]["object"]["key"] == "in/a.jpg"


def test_a_function_that_s3_may_not_invoke_is_refused(hurried: LocalEndpoint) -> None:
    bucket, s3 = new_bucket(hurried), hurried.client("s3")
    with asking_function(hurried) as function, pytest.raises(ClientError) as refused:
        given = {"LambdaFunctionArn": arn_of(function), "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [given]}
        )
    error = refused.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error["Error"]["Code"] == "InvalidArgument"
    assert error["Error"]["Message"] == (
        "Unable to validate the following destination configurations"
    )


def test_a_failing_function_is_tried_again(hurried: LocalEndpoint) -> None:
    def answer(event: Any) -> None:
        if not function.events:
            raise Fails("not yet")

    bucket = new_bucket(hurried)
    with asking_function(hurried, answer) as function:
        notified(function, bucket, "ObjectCreated:*")
        hurried.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
        first, second = function.records(2)
    assert first == second


def test_queues_and_eventbridge_are_told_too(hurried: LocalEndpoint) -> None:
    bucket, s3, events = new_bucket(hurried), hurried.client("s3"), hurried.client("events")
    direct, bridged = Queue(hurried), Queue(hurried)
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": direct.arn, "Events": ["s3:ObjectRemoved:*"]}],
            "EventBridgeConfiguration": {},
        },
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=bucket, Targets=[{"Id": "q", "Arn": bridged.arn}])
    s3.put_object(Bucket=bucket, Key="a b", Body=b"123")
    event = json.loads(bridged.receive()["Body"])
    assert event["detail-type"] == "Object Created"
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert event["detail"]["reason"] == "PutObject"
    assert event["detail"]["object"]["key"] == "a b"
    assert event["detail"]["object"]["size"] == 3
    s3.delete_object(Bucket=bucket, Key="a b")
    test = json.loads(direct.receive()["Body"])
    assert test["Event"] == "s3:TestEvent"
    record = json.loads(direct.receive()["Body"])["Records"][0]
    assert record["eventName"] == "ObjectRemoved:Delete"


LOOP = """
import boto3

def handler(event, context):
    bucket = event["Records"][0]["s3"]["bucket"]["name"]
    key = event["Records"][0]["s3"]["object"]["key"]
    boto3.client("s3").put_object(Bucket=bucket, Key=str(int(key) + 1), Body=b"")
"""


def test_a_function_that_invokes_itself_through_a_bucket_is_stopped(
    hurried: LocalEndpoint,
) -> None:
    bucket, s3 = new_bucket(hurried), hurried.client("s3")
    function = Function(hurried, lambda event: None)
    function.name = hurried.create(LOOP, Timeout=60, MemorySize=512)
    notified(function, bucket, "ObjectCreated:*")
    s3.put_object(Bucket=bucket, Key="1", Body=b"")

    def stopped() -> bool:
        notices = hurried.server.broadcaster.notices
        return any(
            notice["FunctionName"] == function.name and "recursive loop" in notice["Message"]
            for notice in notices
        )

    until(stopped)
    assert len(s3.list_objects_v2(Bucket=bucket)["Contents"]) == 17
