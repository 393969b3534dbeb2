"""Functions and layers whose code lies in S3 (lambda-facts §4.6 no. 34)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ECHO, ROLE, LocalEndpoint, zipped


@pytest.fixture(scope="module")
def bucket(shared_endpoint: LocalEndpoint) -> str:
    s3 = shared_endpoint.client("s3")
    s3.create_bucket(Bucket="deployments")
    s3.put_bucket_versioning(Bucket="deployments", VersioningConfiguration={"Status": "Enabled"})
    return "deployments"


def put(endpoint: LocalEndpoint, bucket: str, key: str, code: str) -> str:
    """Put an archive into S3; its version."""
    archive = zipped({"index.py": code})
    version: str = endpoint.client("s3").put_object(Bucket=bucket, Key=key, Body=archive)[
        "VersionId"
    ]
    return version


def invoke(endpoint: LocalEndpoint, name: str) -> Any:
    return json.loads(endpoint.client().invoke(FunctionName=name)["Payload"].read())


def test_create_update_and_a_version_of_an_object(
    shared_endpoint: LocalEndpoint, bucket: str
) -> None:
    code = "def handler(event, context):\n    return {}\n".format
    old = put(shared_endpoint, bucket, "f.zip", code(1))
    source = {"S3Bucket": bucket, "S3Key": "f.zip"}
    name = shared_endpoint.create(Code=source)
    assert invoke(shared_endpoint, name) == 1
    put(shared_endpoint, bucket, "f.zip", code(2))
    client = shared_endpoint.client()
    client.update_function_code(FunctionName=name, **source)
    shared_endpoint.settle(name)
    assert invoke(shared_endpoint, name) == 2
    client.update_function_code(FunctionName=name, S3ObjectVersion=old, **source)
    shared_endpoint.settle(name)
    assert invoke(shared_endpoint, name) == 1


def test_a_layer(shared_endpoint: LocalEndpoint, bucket: str) -> None:
    archive = zipped({"python/shared.py": "VALUE = 7\n"})
    shared_endpoint.client("s3").put_object(Bucket=bucket, Key="layer.zip", Body=archive)
    layer = shared_endpoint.client().publish_layer_version(
        LayerName="from-s3", Content={"S3Bucket": bucket, "S3Key": "layer.zip"}
    )
    assert layer["Content"]["CodeSize"] == len(archive)
    code = "import shared\ndef handler(event, context):\n    return shared.VALUE\n"
    name = shared_endpoint.create(code, Layers=[layer["LayerVersionArn"]])
    assert invoke(shared_endpoint, name) == 7


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            {"S3Bucket": "nobodys-bucket", "S3Key": "k"},
            "Error occurred while GetObject. S3 Error Code: NoSuchBucket. "
            "S3 Error Message: The specified bucket does not exist",
        ),
        (
            {"S3Bucket": "deployments", "S3Key": "nothing"},
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
            "S3 Error Message: The specified key does not exist.",
        ),
        ({"S3Bucket": "deployments"}, "Please provide a source for function code."),
        (
            {"S3Bucket": "deployments", "S3Key": "k", "ZipFile": zipped({"index.py": ECHO})},
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
    ],
)
def test_what_cannot_be_had(
    shared_endpoint: LocalEndpoint, bucket: str, source: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as error:
        shared_endpoint.client().create_function(
            FunctionName="from-nowhere",
            Runtime="python3.11",
            Role=ROLE,
            Handler="index.handler",
            Code=source,
        )
    answer = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["Error"] == {"Code": "InvalidParameterValueException", "Message": message}
    assert answer["Type"] == "User"


def test_an_object_that_is_too_large_is_not_read(
    shared_endpoint: LocalEndpoint, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    call = shared_endpoint.server._services.call

    async def counting(service: str, operation: str, parameters: dict[str, Any]) -> Any:
        called.append(operation)
        answer = await call(service, operation, parameters)
        return {**answer, "ContentLength": 262_144_001}

    monkeypatch.setattr(shared_endpoint.server._services, "call", counting)
    put(shared_endpoint, bucket, "large.zip", "")
    with pytest.raises(ClientError, match="must be smaller than 262144000 bytes"):
        shared_endpoint.create(Code={"S3Bucket": bucket, "S3Key": "large.zip"})
    assert called == ["HeadObject"]
