"""Functions with unchanged SDK code reach the services that are on the local Lambda's endpoint."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from textwrap import dedent

import pytest
from endpoint_lab import LocalEndpoint
from sources_lab import until

WRITER = """\
import boto3, json, os

s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table("notes")

def handler(event, context):
    s3.put_object(Bucket="uploads", Key=event["key"], Body=event["text"])
    table.put_item(Item={"id": event["key"], "length": len(event["text"])})
    caller = boto3.client("sts").get_caller_identity()
    return {"account": caller["Account"], "url": os.environ["AWS_ENDPOINT_URL"]}
"""


def test_boto3_in_a_function_writes_to_s3_and_dynamodb(shared_endpoint: LocalEndpoint) -> None:
    s3, dynamodb = shared_endpoint.client("s3"), shared_endpoint.client("dynamodb")
    s3.create_bucket(Bucket="uploads")
    dynamodb.create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    name = shared_endpoint.create(WRITER, Timeout=60, MemorySize=512)
    event = {"key": "a.txt", "text": "hello"}
    answer = shared_endpoint.client().invoke(FunctionName=name, Payload=json.dumps(event))
    said = json.loads(answer["Payload"].read())
    assert said == {"account": "123456789012", "url": shared_endpoint.url}
    assert s3.get_object(Bucket="uploads", Key="a.txt")["Body"].read() == b"hello"
    item = dynamodb.get_item(TableName="notes", Key={"id": {"S": "a.txt"}})["Item"]
    assert item == {"id": {"S": "a.txt"}, "length": {"N": "5"}}


def test_a_function_that_names_its_endpoint_keeps_it(shared_endpoint: LocalEndpoint) -> None:
    code = "import os\ndef handler(event, context):\n    return os.environ['AWS_ENDPOINT_URL']\n"
    theirs = {"Variables": {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}}
    name = shared_endpoint.create(code, Environment=theirs)
    answer = shared_endpoint.client().invoke(FunctionName=name)
    assert json.loads(answer["Payload"].read()) == "http://127.0.0.1:1"


def test_a_function_invokes_another_one(shared_endpoint: LocalEndpoint) -> None:
    inner = shared_endpoint.create("def handler(event, context):\n    return event['n'] + 1\n")
    code = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        "    client = boto3.client('lambda')\n"
        f"    answer = client.invoke(FunctionName={inner!r}, Payload=json.dumps({{'n': 1}}))\n"
        "    return json.load(answer['Payload'])\n"
    )
    outer = shared_endpoint.create(code, Timeout=60, MemorySize=512)
    answer = shared_endpoint.client().invoke(FunctionName=outer)
    assert json.loads(answer["Payload"].read()) == 2


def test_a_state_machine_runs_functions(shared_endpoint: LocalEndpoint) -> None:
    code = (
        "def handler(event, context):\n"
        "    if event['n'] < 0: raise ValueError('negative')\n"
        "    return {'n': event['n'] + 1}\n"
    )
    name = shared_endpoint.create(code, Timeout=60)
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": arn, "Payload.$": "$"},
        "ResultSelector": {
            "n.$": "$.Payload.n",
            "ran.$": "$.SdkHttpMetadata.HttpHeaders.X-Amz-Executed-Version",
            "type.$": "$.SdkHttpMetadata.AllHttpHeaders.Content-Type[0]",
            "status.$": "$.SdkHttpMetadata.HttpStatusCode",
            "id.$": "States.ArrayLength(States.StringSplit($.SdkResponseMetadata.RequestId, '-'))",
        },
        "End": True,
    }
    states = {"A": {"Type": "Task", "Resource": arn, "Next": "B"}, "B": invoke}
    iam, sfn = shared_endpoint.client("iam"), shared_endpoint.client("stepfunctions")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName="machine", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="machine", PolicyArn=policy)
    machine = sfn.create_state_machine(
        name="two-steps", roleArn=role, definition=json.dumps({"StartAt": "A", "States": states})
    )["stateMachineArn"]
    ended = []
    for n in (1, -1):
        started = sfn.start_execution(stateMachineArn=machine, input=json.dumps({"n": n}))
        deadline = time.monotonic() + 60
        while True:
            execution = sfn.describe_execution(executionArn=started["executionArn"])
            if execution["status"] != "RUNNING":
                break
            assert time.monotonic() < deadline
        ended.append((execution["status"], execution.get("output"), execution.get("error")))
    selected = {"n": 3, "ran": "$LATEST", "type": "application/json", "status": 200, "id": 5}
    assert json.loads(ended[0][1]) == selected
    assert [status for status, _, _ in ended] == ["SUCCEEDED", "FAILED"]
    assert ended[1][1:] == (None, "ValueError")


def test_a_function_rotates_a_secret(shared_endpoint: LocalEndpoint) -> None:
    code = """
        import boto3

        def handler(event, context):
            secrets, id, token = boto3.client("secretsmanager"), event["SecretId"], event["ClientRequestToken"]
            if event["Step"] == "createSecret":
                old = secrets.get_secret_value(SecretId=id)
                new = {"SecretString": old["SecretString"] + "!", "VersionStages": ["AWSPENDING"]}
                secrets.put_secret_value(SecretId=id, ClientRequestToken=token, **new)
            if event["Step"] == "finishSecret":
                old = secrets.get_secret_value(SecretId=id)["VersionId"]
                moved = {"VersionStage": "AWSCURRENT", "MoveToVersionId": token}
                secrets.update_secret_version_stage(SecretId=id, RemoveFromVersionId=old, **moved)
    """  # noqa: E501
    name = shared_endpoint.create(dedent(code), Timeout=60)
    functions, secrets = shared_endpoint.client(), shared_endpoint.client("secretsmanager")
    secrets.create_secret(Name="door", SecretString="sesame")
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    asked = {"SecretId": "door", "RotationLambdaARN": arn}
    with pytest.raises(secrets.exceptions.ClientError, match="cannot invoke the specified Lambda"):
        secrets.rotate_secret(**asked)
    functions.add_permission(
        FunctionName=name,
        StatementId="rotation",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
    )
    pending = secrets.rotate_secret(**asked)["VersionId"]
    until(lambda: secrets.get_secret_value(SecretId="door")["SecretString"] == "sesame!")
    found = secrets.describe_secret(SecretId="door")
    assert found["RotationEnabled"] and "AWSCURRENT" in found["VersionIdsToStages"][pending]


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed")
def test_the_aws_cli_copies_files(shared_endpoint: LocalEndpoint, tmp_path: Path) -> None:
    def aws(*arguments: str) -> str:
        done = subprocess.run(
            ["aws", "--endpoint-url", shared_endpoint.url, "--region", "us-east-1", *arguments],
            env={
                "PATH": "/usr/bin:/bin:" + str(Path(shutil.which("aws") or "").parent),
                "AWS_ACCESS_KEY_ID": "a",
                "AWS_SECRET_ACCESS_KEY": "s",
                "HOME": str(tmp_path),
            },
            capture_output=True,
            text=True,
            timeout=80,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    source = tmp_path / "a large file"
    source.write_bytes(b"0123456789" * 2_000_000)  # more than the CLI sends in one piece
    aws("s3", "mb", "s3://cli-bucket")
    aws("s3", "cp", str(source), "s3://cli-bucket/x/y", "--only-show-errors")
    assert "20000000 x/y" in aws("s3", "ls", "--recursive", "s3://cli-bucket")
    aws("s3", "cp", "s3://cli-bucket/x/y", str(tmp_path / "back"), "--only-show-errors")
    assert (tmp_path / "back").read_bytes() == source.read_bytes()
