"""What the embedded services hold survives a kill of their process and a restart of the server."""

from __future__ import annotations

import json
import os
import pickle
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint, local_lambda
from sources_lab import until

from workbench.local.services.keeping import pickles
from workbench.local.services.keeping.forget import forget_services

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "project"


@pytest.fixture(scope="module")
def before(root: Path) -> dict[str, Any]:
    """What was put into the services, and their answers, in a run whose process was then killed."""
    with local_lambda(root) as endpoint:
        told = {
            **_queues(endpoint),
            **_streams(endpoint),
            **_tables(endpoint),
            **_objects(endpoint),
            **_others(endpoint),
            **_schemas(endpoint),
        }
        os.kill(endpoint.server._services._embedded.pid, signal.SIGKILL)
        return told


@pytest.fixture(scope="module")
def after(root: Path, before: dict[str, Any]) -> Iterator[LocalEndpoint]:
    """The next run."""
    with local_lambda(root) as endpoint:
        yield endpoint


def _schemas(endpoint: LocalEndpoint) -> dict[str, Any]:
    schemas = endpoint.client("schemas")
    schemas.create_registry(RegistryName="events", Description="ours")
    given = {"RegistryName": "events", "SchemaName": "_f-schema", "Type": "OpenApi3"}
    schemas.create_schema(**given, Content='{"components": {}}')
    schemas.update_schema(**given, Content='{"components": {"examples": {}}}')
    del given["Type"]
    found = schemas.describe_schema(**given)
    del found["ResponseMetadata"]
    return {"schema": found}


def test_schemas_are_kept(after: LocalEndpoint, before: dict[str, Any]) -> None:
    schemas = after.client("schemas")
    given = {"RegistryName": "events", "SchemaName": "_f-schema"}
    found = schemas.describe_schema(**given)
    del found["ResponseMetadata"]
    assert found == before["schema"]
    first = schemas.describe_schema(**given, SchemaVersion="1")
    assert first["Content"] == '{"components": {}}'


def _queues(endpoint: LocalEndpoint) -> dict[str, Any]:
    sqs = endpoint.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead", "maxReceiveCount": 2}
    attributes = {"VisibilityTimeout": "600", "RedrivePolicy": json.dumps(redrive)}
    url = sqs.create_queue(QueueName="work", Attributes=attributes)["QueueUrl"]
    for number in range(4):
        given = {"n": {"DataType": "Number", "StringValue": str(number)}}
        sqs.send_message(QueueUrl=url, MessageBody=str(number), MessageAttributes=given)
    hidden = sqs.receive_message(QueueUrl=url)["Messages"][0]
    gone = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=gone["ReceiptHandle"])
    again = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]
    fifo = sqs.create_queue(QueueName="f.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    order = {"MessageGroupId": "g"}
    for body in "abc":
        sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageDeduplicationId=body, **order)
    return {"work": url, "dead": dead, "fifo": fifo, "hidden": hidden, "again": again}


def test_messages_are_as_they_were(after: LocalEndpoint, before: dict[str, Any]) -> None:
    sqs = after.client("sqs")
    url, hidden = before["work"], before["hidden"]
    received = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]
    assert [message["Body"] for message in received] == ["2", "3"]
    assert received[0]["MessageId"] == before["again"]["MessageId"]
    counts = [message["Attributes"]["ApproximateReceiveCount"] for message in received]
    assert counts == ["2", "1"]
    assert received[0]["MessageAttributes"]["n"]["StringValue"] == "2"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=hidden["ReceiptHandle"])
    handle = received[0]["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)  # it came twice
    [dead] = sqs.receive_message(QueueUrl=before["dead"])["Messages"]
    assert dead["Body"] == "2"


def test_a_fifo_queue_knows_order_and_duplicates(
    after: LocalEndpoint, before: dict[str, Any]
) -> None:
    sqs, order = after.client("sqs"), {"MessageGroupId": "g"}
    for body in "ad":
        sqs.send_message(
            QueueUrl=before["fifo"], MessageBody=body, MessageDeduplicationId=body, **order
        )
    received = sqs.receive_message(
        QueueUrl=before["fifo"], MaxNumberOfMessages=10, AttributeNames=["All"]
    )["Messages"]
    assert [message["Body"] for message in received] == list("abcd")
    numbers = [int(message["Attributes"]["SequenceNumber"]) for message in received]
    assert numbers == sorted(numbers)


def _streams(endpoint: LocalEndpoint) -> dict[str, Any]:
    kinesis = endpoint.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    sent = [kinesis.put_record(StreamName="s", Data=b"%d" % n, PartitionKey="k") for n in range(3)]
    half = str(2**127)
    kinesis.split_shard(StreamName="s", ShardToSplit=sent[0]["ShardId"], NewStartingHashKey=half)
    kinesis.put_record(StreamName="s", Data=b"child", PartitionKey="k")
    summary = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    return {"sent": sent, "made": summary["StreamCreationTimestamp"]}


def test_records_keep_their_sequence_numbers(after: LocalEndpoint, before: dict[str, Any]) -> None:
    kinesis = after.client("kinesis")
    summary = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    assert summary["StreamCreationTimestamp"] == before["made"]
    iterator = kinesis.get_shard_iterator(
        StreamName="s",
        ShardId=before["sent"][0]["ShardId"],
        ShardIteratorType="AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber=before["sent"][0]["SequenceNumber"],
    )["ShardIterator"]
    read = kinesis.get_records(ShardIterator=iterator)
    assert [record["Data"] for record in read["Records"]] == [b"1", b"2"]
    assert read["Records"][1]["SequenceNumber"] == before["sent"][2]["SequenceNumber"]
    assert "NextShardIterator" not in read  # it was split
    put = kinesis.put_record(StreamName="s", Data=b"next", PartitionKey="k")
    assert put["SequenceNumber"] == "2" and put["ShardId"] != before["sent"][0]["ShardId"]


def _tables(endpoint: LocalEndpoint) -> dict[str, Any]:
    dynamodb = endpoint.client("dynamodb")
    made = dynamodb.create_table(
        TableName="t",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    item = {
        "id": {"S": "a"},
        "n": {"N": "1"},
        "bytes": {"B": b"\0\xff"},
        "map": {"M": {"list": {"L": [{"N": "1.5"}, {"BOOL": True}, {"NULL": True}]}}},
        "set": {"SS": ["x", "y"]},
    }
    dynamodb.put_item(TableName="t", Item=item)
    dynamodb.put_item(TableName="t", Item={"id": {"S": "a"}, "n": {"N": "2"}})
    dynamodb.delete_item(TableName="t", Key={"id": {"S": "a"}, "n": {"N": "2.0"}})
    dynamodb.update_item(
        TableName="t",
        Key={"id": {"S": "a"}, "n": {"N": "1"}},
        UpdateExpression="ADD hits :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    put = {"Put": {"TableName": "t", "Item": {"id": {"S": "b"}, "n": {"N": "1"}}}}
    fails = {
        "ConditionCheck": {
            "TableName": "t",
            "Key": {"id": {"S": "none"}, "n": {"N": "1"}},
            "ConditionExpression": "attribute_exists(id)",
        }
    }
    with pytest.raises(ClientError):
        dynamodb.transact_write_items(TransactItems=[put, fails])
    dynamodb.put_item(TableName="t", Item={"id": {"S": "c"}, "n": {"N": "1"}})
    streams = endpoint.client("dynamodbstreams")
    arn = made["LatestStreamArn"]
    return {"item": {**item, "hits": {"N": "1"}}, "arn": arn, "changes": _changes(streams, arn)}


def _changes(streams: Any, arn: str) -> list[Any]:
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[Any] = streams.get_records(ShardIterator=iterator)["Records"]
    return found


def test_items_and_their_changes_are_there(after: LocalEndpoint, before: dict[str, Any]) -> None:
    dynamodb = after.client("dynamodb")
    items = dynamodb.scan(TableName="t")["Items"]
    assert items == [before["item"], {"id": {"S": "c"}, "n": {"N": "1"}}]
    streams = after.client("dynamodbstreams")
    assert _changes(streams, before["arn"]) == before["changes"]
    dynamodb.delete_item(TableName="t", Key={"id": {"S": "c"}, "n": {"N": "1"}})
    changes = _changes(streams, before["arn"])
    numbers = [int(change["dynamodb"]["SequenceNumber"]) for change in changes]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert changes[-1]["eventName"] == "REMOVE"


def _objects(endpoint: LocalEndpoint) -> dict[str, Any]:
    s3 = endpoint.client("s3")
    s3.create_bucket(Bucket="things")
    s3.put_object(Bucket="things", Key="overwritten", Body=b"old")
    s3.put_object(Bucket="things", Key="overwritten", Body=b"new", Metadata={"a": "b"})
    s3.put_object(Bucket="things", Key="gone", Body=b"gone")
    s3.delete_object(Bucket="things", Key="gone")
    s3.put_object_tagging(
        Bucket="things", Key="overwritten", Tagging={"TagSet": [{"Key": "t", "Value": "v"}]}
    )
    upload = s3.create_multipart_upload(Bucket="things", Key="parts")["UploadId"]
    which = {"Bucket": "things", "Key": "parts", "UploadId": upload}
    part = s3.upload_part(**which, PartNumber=1, Body=b"p" * 1000)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**which, MultipartUpload=parts)
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="versions", Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket="versions", Key="k", Body=b"2")
    s3.delete_object(Bucket="versions", Key="k")
    return {"first": first}


def test_objects_and_versions_are_there(
    after: LocalEndpoint, before: dict[str, Any], root: Path
) -> None:
    s3 = after.client("s3")
    listed = s3.list_objects_v2(Bucket="things")["Contents"]
    assert [found["Key"] for found in listed] == ["overwritten", "parts"]
    found = s3.get_object(Bucket="things", Key="overwritten")
    assert found["Body"].read() == b"new" and found["Metadata"] == {"a": "b"}
    tags = s3.get_object_tagging(Bucket="things", Key="overwritten")["TagSet"]
    assert tags == [{"Key": "t", "Value": "v"}]
    assert s3.get_object(Bucket="things", Key="parts")["Body"].read() == b"p" * 1000
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="versions", Key="k")
    read = s3.get_object(Bucket="versions", Key="k", VersionId=before["first"])
    assert read["Body"].read() == b"1"
    assert len(list((root / ".workbench" / "objects").iterdir())) == 4
    s3.delete_object(Bucket="things", Key="parts")
    assert len(list((root / ".workbench" / "objects").iterdir())) == 3


def _others(endpoint: LocalEndpoint) -> dict[str, Any]:
    """Services of every kind; not one whose start takes long."""
    topic = endpoint.client("sns").create_topic(Name="t")["TopicArn"]
    endpoint.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    events = endpoint.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": FUNCTION}])
    endpoint.client("scheduler").create_schedule(
        Name="x",
        ScheduleExpression="rate(7 days)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": FUNCTION, "RoleArn": ROLE},
    )
    endpoint.client("ssm").put_parameter(Name="p", Value="v", Type="String")
    endpoint.client("secretsmanager").create_secret(Name="s", SecretString="secret")
    endpoint.client("stepfunctions").create_state_machine(
        name="m",
        definition='{"StartAt": "a", "States": {"a": {"Type": "Pass", "End": true}}}',
        roleArn=ROLE,
    )
    endpoint.client("cloudwatch").put_metric_alarm(
        AlarmName="a",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="m",
        Namespace="n",
        Period=60,
        Threshold=1.0,
        Statistic="Sum",
    )
    iam = endpoint.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    return {"topic": topic}


def test_every_other_service_has_its_resources(
    after: LocalEndpoint, before: dict[str, Any]
) -> None:
    sns, events = after.client("sns"), after.client("events")
    [subscribed] = sns.list_subscriptions_by_topic(TopicArn=before["topic"])["Subscriptions"]
    assert subscribed["Endpoint"] == FUNCTION
    assert events.list_targets_by_rule(Rule="r")["Targets"] == [{"Id": "1", "Arn": FUNCTION}]
    assert after.client("ssm").get_parameter(Name="p")["Parameter"]["Value"] == "v"
    secret = after.client("secretsmanager").get_secret_value(SecretId="s")
    assert secret["SecretString"] == "secret"
    machines = after.client("stepfunctions").list_state_machines()["stateMachines"]
    assert [machine["name"] for machine in machines] == ["m"]
    alarms = after.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in alarms] == ["a"]
    attached = after.client("iam").list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["ReadOnlyAccess"]
    # The schedule runs without anybody's request.
    until(lambda: any(source["Kind"] == "Schedule" for source in _sources(after)))


def _sources(endpoint: LocalEndpoint) -> list[Any]:
    return list(endpoint.server._services.sources)


def test_forgetting_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    for name in ("services.db", "services.db-wal", "services.scheduled", "objects/1", "state.db"):
        (tmp_path / name).touch()
    forget_services(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["state.db"]


class Innocent:
    """Would run what it likes where it is read."""

    def __reduce__(self) -> Any:
        return os.system, ("false",)


@pytest.mark.parametrize(
    "value",
    [Innocent(), time.sleep, pickle.loads],
)
def test_only_data_is_made_of_a_file(value: Any) -> None:
    with pytest.raises(pickles.NotKept):
        pickles.loads(pickle.dumps(value))
    with pytest.raises(pickles.NotKept):
        pickles.dumps(value)
