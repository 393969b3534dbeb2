"""S3, SQS, DynamoDB and the others on Lambda's own endpoint, through boto3 and plain HTTP."""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
import threading
import urllib.request
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ResponseStreamingError
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint
from sources_lab import until


@pytest.fixture(scope="module")
def bucket(shared_endpoint: LocalEndpoint) -> str:
    shared_endpoint.client("s3").create_bucket(Bucket="a-bucket")
    return "a-bucket"


def test_each_service_answers_in_its_own_protocol(shared_endpoint: LocalEndpoint) -> None:
    calls: dict[str, tuple[str, str]] = {
        "s3": ("list_buckets", "Buckets"),
        "sqs": ("list_queues", "ResponseMetadata"),
        "sns": ("list_topics", "Topics"),
        "dynamodb": ("list_tables", "TableNames"),
        "dynamodbstreams": ("list_streams", "Streams"),
        "kinesis": ("list_streams", "StreamNames"),
        "events": ("list_rules", "Rules"),
        "scheduler": ("list_schedules", "Schedules"),
        "stepfunctions": ("list_state_machines", "stateMachines"),
        "secretsmanager": ("list_secrets", "SecretList"),
        "ssm": ("describe_parameters", "Parameters"),
        "iam": ("list_roles", "Roles"),
        "sts": ("get_caller_identity", "Account"),
    }
    for service, (operation, member) in calls.items():
        assert member in getattr(shared_endpoint.client(service), operation)(), service


def test_account_region_and_url_are_the_local_lambdas(shared_endpoint: LocalEndpoint) -> None:
    sqs = shared_endpoint.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    assert url == f"{shared_endpoint.url}/123456789012/jobs"
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    assert found["Attributes"]["QueueArn"] == "arn:aws:sqs:us-east-1:123456789012:jobs"


def test_a_long_poll_holds_up_nobody(shared_endpoint: LocalEndpoint) -> None:
    from concurrent.futures import ThreadPoolExecutor

    sqs = shared_endpoint.client("sqs")
    url = sqs.create_queue(QueueName="quiet")["QueueUrl"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        sqs.list_queues()
        assert not waiting.done()
        sqs.send_message(QueueUrl=url, MessageBody="news")
        assert waiting.result(30)["Messages"][0]["Body"] == "news"


def test_objects_of_any_size_keys_and_metadata(shared_endpoint: LocalEndpoint, bucket: str) -> None:
    s3 = shared_endpoint.client("s3")
    large = os.urandom(3 * 1024 * 1024)
    for key, body in (("a b/ü+%2F.txt", b"small"), ("large", large), ("empty", b"")):
        s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"my_key": "1"})
        head = s3.head_object(Bucket=bucket, Key=key)
        assert head["ContentLength"] == len(body) and head["Metadata"] == {"my_key": "1"}
        found = s3.get_object(Bucket=bucket, Key=key)
        assert found["ContentLength"] == len(body) and found["Body"].read() == body
    part = s3.get_object(Bucket=bucket, Key="large", Range="bytes=10-19")
    assert part["Body"].read() == large[10:20]


def test_a_stream_without_a_known_length(shared_endpoint: LocalEndpoint, bucket: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared_endpoint.port, timeout=30)
    pieces = [os.urandom(100_000) for _ in range(20)]
    signed = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, Signature=0"
    connection.request(
        "PUT", f"/{bucket}/piecewise", iter(pieces), {"Authorization": signed}, encode_chunked=True
    )
    assert connection.getresponse().read() == b""
    connection.request("GET", f"/{bucket}/piecewise", headers={"Authorization": signed})
    assert connection.getresponse().read() == b"".join(pieces)
    connection.close()


def chunked(body: bytes, size: int, signature: bytes, trailer: bytes) -> bytes:
    """`body` in the framing of AWS's chunked uploads."""
    encoded = b""
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        encoded += b"%x%b\r\n%b\r\n" % (len(piece), signature, piece)
    return encoded + b"0" + signature + b"\r\n" + trailer + b"\r\n"


@pytest.mark.parametrize(
    ("kind", "signature"),
    [
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", b""),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", b";chunk-signature=" + b"0" * 64),
    ],
)
@pytest.mark.parametrize("size", [1000, 1_000_000])
def test_chunked_uploads_with_a_checksum_at_the_end(
    shared_endpoint: LocalEndpoint, bucket: str, kind: str, signature: bytes, size: int
) -> None:
    body = os.urandom(size)
    encoded = chunked(body, 65536, signature, b"x-amz-checksum-crc32:AAAAAA==\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", shared_endpoint.port, timeout=30)
    signed = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, Signature=0"
    headers = {
        "Authorization": signed,
        "Content-Encoding": "aws-chunked",
        "x-amz-content-sha256": kind,
        "x-amz-decoded-content-length": str(size),
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    connection.request("PUT", f"/{bucket}/chunked", encoded, headers)
    assert connection.getresponse().status == 200
    connection.close()
    found = shared_endpoint.client("s3").get_object(Bucket=bucket, Key="chunked")
    assert hashlib.sha256(found["Body"].read()).digest() == hashlib.sha256(body).digest()
    assert "aws-chunked" not in found.get("ContentEncoding", "")


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls_work_without_an_sdk(
    shared_endpoint: LocalEndpoint, bucket: str, version: str
) -> None:
    import boto3

    s3 = boto3.client(
        "s3",
        endpoint_url=shared_endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="A",
        aws_secret_access_key="s",
        config=Config(signature_version=version),
    )
    target = {"Bucket": bucket, "Key": "signed.html"}
    put = s3.generate_presigned_url("put_object", target)
    request = urllib.request.Request(put, b"<p>hello", method="PUT")
    urllib.request.urlopen(request, timeout=30).close()
    with urllib.request.urlopen(s3.generate_presigned_url("get_object", target), timeout=30) as got:
        assert got.read() == b"<p>hello"
        assert got.headers["Content-Security-Policy"] == "sandbox"
    s3.close()


def test_buckets_in_the_host_name(shared_endpoint: LocalEndpoint, bucket: str) -> None:
    shared_endpoint.client("s3").put_object(Bucket=bucket, Key="k", Body=b"virtual")
    connection = http.client.HTTPConnection("127.0.0.1", shared_endpoint.port, timeout=30)
    signed = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, Signature=0"
    for host in (f"{bucket}.localhost", f"{bucket}.s3.us-east-1.localhost"):
        headers = {"Host": f"{host}:{shared_endpoint.port}", "Authorization": signed}
        connection.request("GET", "/k", headers=headers)
        assert connection.getresponse().read() == b"virtual"
    connection.close()


def test_what_is_not_there_is_a_typed_error(shared_endpoint: LocalEndpoint) -> None:
    refused: list[tuple[str, str, dict[str, Any]]] = [
        ("chime", "list_accounts", {}),
        ("sqs", "list_message_move_tasks", {"SourceArn": "arn:aws:sqs:us-east-1:1:q"}),
        ("iam", "generate_organizations_access_report", {"EntityPath": "o-a/r-b"}),
        ("s3", "get_bucket_analytics_configuration", {"Bucket": "x", "Id": "y"}),
    ]
    for service, operation, parameters in refused:
        with pytest.raises(ClientError) as error:
            getattr(shared_endpoint.client(service), operation)(**parameters)
        answer = error.value.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] in (400, 404, 501), (service, answer)
        assert answer["Error"]["Code"] and answer["Error"]["Message"], (service, answer)
    # moto has printed what it does not know; what pushes events is told nevertheless.
    events = shared_endpoint.client("events")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{shared_endpoint.create()}"
    events.put_rule(Name="after", ScheduleExpression="rate(1 day)")
    events.put_targets(Rule="after", Targets=[{"Id": "1", "Arn": arn}])
    until(lambda: "after" in {each["Name"] for each in shared_endpoint.server._services.sources})
    events.remove_targets(Rule="after", Ids=["1"])
    events.delete_rule(Name="after")


def test_killed_services_are_there_again_for_the_next_call(endpoint: LocalEndpoint) -> None:
    sqs = endpoint.client("sqs")
    for _ in range(2):
        sqs.create_queue(QueueName="q")
        pid = endpoint.server._services._embedded.pid
        os.kill(pid, signal.SIGKILL)
        assert len(sqs.list_queues()["QueueUrls"]) == 1
        assert endpoint.server._services._embedded.pid != pid
    [notice] = endpoint.server.broadcaster.notices
    assert "started again, with what they hold" in notice["Message"]


def test_nothing_starts_before_it_is_needed(endpoint: LocalEndpoint) -> None:
    endpoint.create()
    assert endpoint.server._services._embedded.pid is None


@pytest.mark.parametrize(
    ("service", "headers", "form"),
    [
        ("dynamodb", {}, "json"),
        ("nonsense", {"X-Amz-Target": "Nonsense_20200101.Do"}, "json"),
        ("nonsense", {"Content-Type": "application/x-www-form-urlencoded"}, "xml"),
        ("nonsense", {"smithy-protocol": "rpc-v2-cbor"}, "cbor"),
    ],
)
def test_requests_of_no_operation(
    shared_endpoint: LocalEndpoint, service: str, headers: dict[str, str], form: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared_endpoint.port, timeout=30)
    scope = f"A/20260101/us-east-1/{service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    connection.request("POST", "/", b"rubbish", {"Authorization": signed, **headers})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 501 and answer.headers["x-amzn-ErrorType"] == "NotImplemented"
    assert form in answer.headers["Content-Type"] and b"There is no such operation" in body


def test_kills_under_load_are_errors_an_sdk_understands(endpoint: LocalEndpoint) -> None:
    """Neither a hang nor anything that is no answer of a service."""
    from concurrent.futures import ThreadPoolExecutor

    s3 = endpoint.client("s3")
    body = os.urandom(600_000)  # is passed on piece by piece
    over = threading.Event()
    answers: set[str] = set()

    def use(number: int) -> None:
        while not over.is_set():
            try:
                s3.create_bucket(Bucket=f"bucket-{number}")
                s3.put_object(Bucket=f"bucket-{number}", Key="k", Body=body)
                s3.get_object(Bucket=f"bucket-{number}", Key="k")["Body"].read()
            except ClientError as error:
                answers.add(error.response["Error"]["Code"])
            except ResponseStreamingError:
                answers.add("the object broke off")  # killed while it was being sent

    with ThreadPoolExecutor(4) as pool:
        uses = [pool.submit(use, number) for number in range(4)]
        for _ in range(2):
            s3.list_buckets()
            os.kill(endpoint.server._services._embedded.pid, signal.SIGKILL)
        over.set()
        for each in uses:
            each.result(60)
    lost = {"NoSuchBucket", "NoSuchKey", "ServiceUnavailable", "the object broke off"}
    assert answers <= lost
    assert s3.list_buckets()["Buckets"] is not None
