"""A day's work through boto3: create, invoke, update, publish, alias, delete."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, REGION, ROLE, LocalEndpoint, local_lambda, zipped


def arn(name: str, qualifier: str | None = None) -> str:
    whole = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return whole if qualifier is None else f"{whole}:{qualifier}"


def invoke(endpoint: LocalEndpoint, name: str, payload: object = None, **named: Any) -> Any:
    answer = endpoint.client().invoke(
        FunctionName=name, Payload=json.dumps(payload).encode(), **named
    )
    return json.loads(answer["Payload"].read())


def test_creating_is_pending_then_active_with_another_revision(
    shared_endpoint: LocalEndpoint,
) -> None:
    client = shared_endpoint.client()
    made = client.create_function(
        FunctionName="pending-then-active",
        Runtime="python3.11",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": zipped({"index.py": "x = 1"})},
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["State"] == "Pending"
    assert made["StateReason"] == "The function is being created."
    assert made["StateReasonCode"] == "Creating"
    assert "LastUpdateStatus" not in made and "Environment" not in made
    settled = shared_endpoint.settle("pending-then-active")
    assert (settled["State"], settled["LastUpdateStatus"]) == ("Active", "Successful")
    assert settled["RevisionId"] != made["RevisionId"]
    assert settled["FunctionArn"] == arn("pending-then-active", "$LATEST")
    for member in (made, settled):
        assert member["Timeout"] == 3 and member["MemorySize"] == 128
        assert member["LoggingConfig"] == {
            "LogFormat": "Text",
            "LogGroup": "/aws/lambda/pending-then-active",
        }


def test_invoking_a_function_that_is_pending(tmp_path: Any) -> None:
    with local_lambda(tmp_path, transition_seconds=60.0) as endpoint:
        client = endpoint.client()
        client.create_function(
            FunctionName="slow",
            Runtime="python3.11",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.py": ""})},
        )
        with pytest.raises(ClientError) as caught:
            client.invoke(FunctionName="slow")
        assert caught.value.response["Error"] == {
            "Code": "ResourceConflictException",
            "Message": "The operation cannot be performed at this time. The function is "
            "currently in the following state: Pending",
        }


def test_update_invoke_publish_and_weighted_alias(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create("def handler(event, context): return context.function_version")
    assert invoke(shared_endpoint, name) == "$LATEST"

    first = client.publish_version(FunctionName=name)
    assert (first["Version"], first["FunctionArn"]) == ("1", arn(name, "1"))
    first = shared_endpoint.settle(name, "1")
    again = client.publish_version(FunctionName=name, Description="ignored")
    assert (again["Version"], again["RevisionId"]) == ("1", first["RevisionId"])

    updated = client.update_function_configuration(FunctionName=name, Description="changed")
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    after = shared_endpoint.settle(name)
    assert after["RevisionId"] != updated["RevisionId"]
    second = client.publish_version(FunctionName=name)
    assert (second["Version"], second["Description"]) == ("2", "changed")
    shared_endpoint.settle(name, "2")

    client.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    answers = [invoke(shared_endpoint, name, Qualifier="live") for _ in range(40)]
    assert set(answers) == {"1", "2"}
    client.update_alias(FunctionName=name, Name="live", RoutingConfig={})
    assert client.get_alias(FunctionName=name, Name="live").get("RoutingConfig") is None
    answer = client.invoke(FunctionName=arn(name, "live"))
    assert answer["ExecutedVersion"] == "1"

    versions = client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]
    assert "State" not in versions[0] and "RuntimeVersionConfig" not in versions[0]


def test_new_code_answers_and_published_code_stays(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create("def handler(event, context): return 'old'")
    client.publish_version(FunctionName=name)
    shared_endpoint.settle(name, "1")
    new = zipped({"index.py": "def handler(event, context): return 'new'"})
    client.update_function_code(FunctionName=name, ZipFile=new)
    shared_endpoint.settle(name)
    assert invoke(shared_endpoint, name) == "new"
    assert invoke(shared_endpoint, name, Qualifier="1") == "old"
    code = client.get_function(FunctionName=name)["Code"]
    assert code["RepositoryType"] == "S3"
    with urllib.request.urlopen(code["Location"]) as download:
        assert download.read() == new
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(code["Location"][:-1] + "x")
    assert refused.value.code == 403
    refused.value.close()


def test_log_tail_context_and_dry_run(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create(
        "def handler(event, context):\n"
        "    print('seen', context.client_context.custom['a'])\n"
        "    return context.invoked_function_arn\n"
    )
    answer = client.invoke(
        FunctionName=name,
        LogType="Tail",
        ClientContext=base64.b64encode(b'{"custom": {"a": "b"}}').decode(),
    )
    assert json.loads(answer["Payload"].read()) == arn(name)
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "seen b\n" in tail and "START RequestId: " in tail and "REPORT RequestId: " in tail
    assert client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204


def test_a_function_error_is_a_200(shared_endpoint: LocalEndpoint) -> None:
    name = shared_endpoint.create("def handler(event, context): raise ValueError('no')")
    answer = shared_endpoint.client().invoke(FunctionName=name)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorType"] == "ValueError"


def test_an_event_is_run_later(shared_endpoint: LocalEndpoint, tmp_path: Any) -> None:
    seen = tmp_path / "seen"
    name = shared_endpoint.create(
        "import os\n"
        "def handler(event, context):\n"
        f"    with open({str(seen)!r} + '.new', 'w') as file: file.write(event['text'])\n"
        f"    os.rename({str(seen)!r} + '.new', {str(seen)!r})\n"
    )
    answer = shared_endpoint.client().invoke(
        FunctionName=name, InvocationType="Event", Payload=b'{"text": "hello"}'
    )
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    wait_until(seen.exists)
    assert seen.read_text() == "hello"


def test_reserved_concurrency_of_zero_stops_a_function(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as caught:
        client.invoke(FunctionName=name)
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert client.get_function(FunctionName=name)["Concurrency"] == {
        "ReservedConcurrentExecutions": 0
    }
    client.delete_function_concurrency(FunctionName=name)
    assert invoke(shared_endpoint, name, {"a": 1}) == {"a": 1}
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name)


def test_tags(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create(Tags={"a": "1"})
    client.tag_resource(Resource=arn(name), Tags={"b": "2"})
    assert client.list_tags(Resource=arn(name))["Tags"] == {"a": "1", "b": "2"}
    client.untag_resource(Resource=arn(name), TagKeys=["a", "missing"])
    assert client.get_function(FunctionName=name)["Tags"] == {"b": "2"}


def test_deleting_a_function_and_its_versions(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create(Publish=True)
    gone = client.delete_function(FunctionName=name, Qualifier="1")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    client.delete_function(FunctionName=name, Qualifier="1")  # missing: no error
    client.delete_alias(FunctionName=name, Name="never-there")
    client.delete_function(FunctionName=name)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName=name)


def test_lists_come_in_pages(endpoint: LocalEndpoint) -> None:
    client = endpoint.client()
    names = [endpoint.create(FunctionName=f"page-{number}") for number in range(5)]
    client.publish_version(FunctionName="page-3")
    pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    found = [item for page in pages for item in page["Functions"]]
    assert [item["FunctionName"] for item in found] == names
    assert found[0]["FunctionArn"] == arn("page-0")
    every = client.list_functions(FunctionVersion="ALL")["Functions"]
    assert [item["FunctionArn"] for item in every][3:5] == [
        arn("page-3", "$LATEST"),
        arn("page-3", "1"),
    ]
    usage = client.get_account_settings()
    assert usage["AccountUsage"]["FunctionCount"] == 5
    assert usage["AccountUsage"]["TotalCodeSize"] == sum(item["CodeSize"] for item in every)


def wait_until(condition: Any) -> None:
    """Wait for something the function does, with a limit."""
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.01)
