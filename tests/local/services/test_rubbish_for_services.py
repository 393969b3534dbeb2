"""Whatever is sent to the services, the answer is a typed error of an AWS API: no page, no 500."""

from __future__ import annotations

import http.client

from endpoint_lab import LocalEndpoint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SERVICES = (
    *("s3", "sqs", "sns", "dynamodb", "kinesis", "events", "states", "secretsmanager", "iam"),
    *("sts", "scheduler", "nonsense", "execute-api", "cognito-idp"),
)
TARGETS = (
    *("AmazonSQS.SendMessage", "DynamoDB_20120810.PutItem", "Kinesis_20131202.PutRecord"),
    *("AWSEvents.PutEvents", "AWSStepFunctions.StartExecution", "x", "", " ."),
)
PATHS = (
    *("/", "/bucket", "/bucket/key", "/%ff%00", "//", "/a?acl&x=%", "/bucket/key?uploads"),
    *("/bucket/k?uploadId=x&partNumber=1", "/?Action=ListRoles", "/service/x/operation/y"),
)
TYPES = (
    *("application/x-amz-json-1.0", "application/x-www-form-urlencoded", "application/json"),
    *("text/xml", "multipart/form-data"),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "X-Amz-Target": st.sampled_from(TARGETS),
        "Content-Type": st.sampled_from(TYPES),
        "x-amz-content-sha256": st.just("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        "smithy-protocol": st.just("rpc-v2-cbor"),
    },
)
BODIES = st.one_of(
    st.binary(max_size=50),
    st.sampled_from([b"{}", b"[]", b"null", b'{"QueueUrl":5}', b"Action=ListRoles", b"{" * 999]),
)


@settings(
    max_examples=80,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    service=st.sampled_from(SERVICES),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]),
    path=st.sampled_from(PATHS),
    headers=HEADERS,
    body=BODIES,
)
def test_rubbish(
    shared_endpoint: LocalEndpoint,
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
) -> None:
    scope = f"A/20260101/us-east-1/{service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    connection = http.client.HTTPConnection("127.0.0.1", shared_endpoint.port, timeout=30)
    connection.request(method, path, body, {"Authorization": signed, **headers})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status < 500 or answer.status == 501
    assert b"Traceback" not in said and b"<html" not in said.lower()
