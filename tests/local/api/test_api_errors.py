"""AWS's errors, word for word (lambda-facts §4.6; the numbers are its)."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, ECHO, REGION, ROLE, LocalEndpoint, zipped

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
CODE = {"ZipFile": zipped({"index.py": ECHO})}
NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
ONE = "1 validation error detected: Value "


@pytest.fixture(scope="session")
def known(shared_endpoint: LocalEndpoint) -> Iterator[LocalEndpoint]:
    """An endpoint with function `known`, versions 1 and 2, alias `live` → 1."""
    client = shared_endpoint.client()
    shared_endpoint.create(FunctionName="known", Publish=True)
    client.update_function_configuration(FunctionName="known", Description="2")
    shared_endpoint.settle("known")
    client.publish_version(FunctionName="known")
    shared_endpoint.settle("known", "2")
    client.create_alias(FunctionName="known", Name="live", FunctionVersion="1")
    yield shared_endpoint


def create(**changed: Any) -> tuple[str, dict[str, Any]]:
    return "create_function", {
        "FunctionName": "refused",
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "index.handler",
        "Code": CODE,
        **changed,
    }


def alias(**changed: Any) -> tuple[str, dict[str, Any]]:
    return "create_alias", {
        "FunctionName": "known",
        "Name": "new",
        "FunctionVersion": "1",
        **changed,
    }


def call(operation: str, **named: Any) -> tuple[str, dict[str, Any]]:
    return operation, {"FunctionName": "known", **named}


NOT_FOUND, CONFLICT = ("ResourceNotFoundException", 404), ("ResourceConflictException", 409)
PARAMETER, VALIDATION = ("InvalidParameterValueException", 400), ("ValidationException", 400)
STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the "
    "GetFunction/GetAlias API to retrieve the latest Revision Id"
)
MISSING = "nowhere"

CATALOGUE: dict[str, tuple[tuple[str, dict[str, Any]], tuple[str, int], str]] = {
    "1 get": (
        call("get_function", FunctionName=MISSING),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}",
    ),
    "1 get, qualified": (
        call("get_function", FunctionName=MISSING, Qualifier="7"),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}:7",
    ),
    "1 get, missing version": (
        call("get_function", Qualifier="7"),
        NOT_FOUND,
        f"Function not found: {ARN}:known:7",
    ),
    "1 delete": (
        call("delete_function", FunctionName=MISSING),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}",
    ),
    "1 invoke": (
        call("invoke", FunctionName=MISSING),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}:$LATEST",
    ),
    "1 reserve": (
        call("put_function_concurrency", FunctionName=MISSING, ReservedConcurrentExecutions=1),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}:$LATEST",
    ),
    "1 update": (
        call("update_function_configuration", FunctionName=MISSING),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}",
    ),
    "1 publish": (
        call("publish_version", FunctionName=MISSING),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}",
    ),
    "1 versions": (
        call("list_versions_by_function", FunctionName=MISSING),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}",
    ),
    "2 get alias": (
        call("get_alias", Name="gone"),
        NOT_FOUND,
        f"Cannot find alias arn: {ARN}:known:gone",
    ),
    "2 update alias": (
        call("update_alias", Name="gone"),
        NOT_FOUND,
        f"Alias not found: {ARN}:known:gone",
    ),
    "2 invoke alias": (
        call("invoke", Qualifier="gone"),
        NOT_FOUND,
        f"Function not found: {ARN}:known:gone",
    ),
    "2 get function by alias": (
        call("get_function", Qualifier="gone"),
        NOT_FOUND,
        f"Function not found: {ARN}:known:gone",
    ),
    "3": (alias(FunctionVersion="10"), NOT_FOUND, f"Function not found: {ARN}:known:10"),
    "4 region": (
        call(
            "get_function",
            FunctionName=f"arn:aws:lambda:ap-southeast-1:{ACCOUNT}:function:known",
        ),
        NOT_FOUND,
        f"Functions from 'ap-southeast-1' are not reachable in this region ('{REGION}')",
    ),
    "9 tags": (
        ("list_tags", {"Resource": f"{ARN}:{MISSING}"}),
        NOT_FOUND,
        f"Function not found: {ARN}:{MISSING}",
    ),
    "11": (create(FunctionName="known"), CONFLICT, "Function already exist: known"),
    "14": (alias(Name="live"), CONFLICT, f"Alias already exists: {ARN}:known:live"),
    "15": (
        call("delete_function", Qualifier="1"),
        CONFLICT,
        "Unable to delete version because the following aliases reference it: [live]",
    ),
    "20 function": (
        call("update_function_configuration", RevisionId="stale"),
        ("PreconditionFailedException", 412),
        STALE,
    ),
    "20 code": (
        call("update_function_code", RevisionId="stale", **CODE),
        ("PreconditionFailedException", 412),
        STALE,
    ),
    "20 publish": (
        call("publish_version", RevisionId="stale"),
        ("PreconditionFailedException", 412),
        STALE,
    ),
    "20 alias": (
        call("update_alias", Name="live", RevisionId="stale"),
        ("PreconditionFailedException", 412),
        STALE,
    ),
    "21": (
        call("get_function", FunctionName="known:1", Qualifier="2"),
        PARAMETER,
        "The derived qualifier from the function name does not match the specified qualifier.",
    ),
    "22 latest": (
        call("delete_function", Qualifier="$LATEST"),
        PARAMETER,
        "$LATEST version cannot be deleted without deleting the function.",
    ),
    "22 alias": (
        call("delete_function", Qualifier="live"),
        PARAMETER,
        "Deletion of aliases is not currently supported.",
    ),
    "24 two": (
        alias(RoutingConfig={"AdditionalVersionWeights": {"1": 0.1, "2": 0.1}}),
        PARAMETER,
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
    ),
    "24 itself": (
        alias(RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}}),
        PARAMETER,
        "Invalid function version 1. Function version 1 is already included in routing "
        "configuration.",
    ),
    "24 latest": (
        alias(FunctionVersion="$LATEST", RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}}),
        PARAMETER,
        "$LATEST is not supported for an alias pointing to more than 1 version",
    ),
    "25 weight": (
        alias(RoutingConfig={"AdditionalVersionWeights": {"2": 2.0}}),
        VALIDATION,
        ONE + "'{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
        "Member must have value greater than or equal to 0.0, Member must not be null]",
    ),
    "25 key": (
        alias(RoutingConfig={"AdditionalVersionWeights": {"$LATEST": 0.5}}),
        VALIDATION,
        ONE + "'{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
        "constraint: Map keys must satisfy constraint: [Member must have length less than or equal "
        "to 1024, Member must have length greater than or equal to 1, Member must satisfy regular "
        "expression pattern: [0-9]+]",
    ),
    "26": (
        alias(Name="2024"),
        VALIDATION,
        ONE + "'2024' at 'name' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    ),
    "27 name": (
        create(FunctionName="a" * 65),
        PARAMETER,
        ONE + f"'{'a' * 65}' at 'functionName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64",
    ),
    "27 arn": (
        create(FunctionName=f"{ARN}:{'a' * 100}"),
        VALIDATION,
        ONE + f"'{ARN}:{'a' * 100}' at 'functionName' failed to satisfy constraint: "
        "Member must have length less than or equal to 140",
    ),
    "28": (
        create(FunctionName="no good"),
        VALIDATION,
        ONE + "'no good' at 'functionName' failed to satisfy constraint: Member must satisfy "
        f"regular expression pattern: {NAME_PATTERN}",
    ),
    "30": (
        create(Runtime="java8"),
        PARAMETER,
        "The runtime parameter of java8 is no longer supported for creating or updating AWS Lambda "
        "functions. We recommend you use a supported runtime while creating or updating functions.",
    ),
    "31": (
        create(Role="r1"),
        VALIDATION,
        ONE + "'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression "
        r"pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
    ),
    "32 two": (
        create(Architectures=["x86_64", "arm64"]),
        VALIDATION,
        ONE + "'[x86_64, arm64]' at 'architectures' failed to satisfy constraint: "
        "Member must have length less than or equal to 1",
    ),
    "32 unknown": (
        create(Architectures=["X86_64"]),
        VALIDATION,
        ONE + "'[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy "
        "constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be "
        "null]",
    ),
    "33": (
        create(Code={"ZipFile": b"no zip"}),
        PARAMETER,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ),
    "35 reserved": (
        create(
            Environment={"Variables": {"AWS_REGION": "x", "MINE": "b", "LAMBDA_TASK_ROOT": "y"}}
        ),
        PARAMETER,
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT",
    ),
    "35 size": (
        create(Environment={"Variables": {"KEY": "v" * 4096}}),
        PARAMETER,
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit. String measured: "
        f'{{"KEY":"{"v" * 4096}"}}',
    ),
    "36 timeout": (
        create(Timeout=901),
        VALIDATION,
        ONE + "'901' at 'timeout' failed to satisfy constraint: Member must have value less than "
        "or equal to 900",
    ),
    "36 two at once": (
        create(Timeout=0, MemorySize=5555555),
        VALIDATION,
        "2 validation errors detected: Value '0' at 'timeout' failed to satisfy constraint: Member "
        "must have value greater than or equal to 1; Value '5555555' at 'memorySize' failed to "
        "satisfy constraint: Member must have value less than or equal to 10240",
    ),
    "38": (
        call("update_function_code", ImageUri="x"),
        PARAMETER,
        "Please don't provide ImageUri when updating a function with packageType Zip.",
    ),
    "39 many": (
        ("tag_resource", {"Resource": f"{ARN}:known", "Tags": {f"k{n}": "" for n in range(51)}}),
        PARAMETER,
        "Number of tags exceeds resource tag limit.",
    ),
    "39 alias": (
        ("tag_resource", {"Resource": f"{ARN}:known:live", "Tags": {"a": "b"}}),
        PARAMETER,
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    ),
    "39 empty": (
        ("tag_resource", {"Resource": f"{ARN}:known", "Tags": {}}),
        PARAMETER,
        "An error occurred and the request cannot be processed.",
    ),
    "39 no keys": (
        ("untag_resource", {"Resource": f"{ARN}:known", "TagKeys": []}),
        VALIDATION,
        ONE + "null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    ),
    "41": (
        call("put_function_concurrency", FunctionName="known:1", ReservedConcurrentExecutions=1),
        PARAMETER,
        "This operation is permitted on Lambda functions only. Aliases and versions do not support "
        "this operation. Please specify either a function name or an unqualified function ARN.",
    ),
    "45 list": (
        ("list_functions", {"FunctionVersion": "all"}),
        VALIDATION,
        ONE + "'all' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum "
        "value set: [ALL]",
    ),
    "45 snap start": (
        create(SnapStart={"ApplyOn": "Always"}),
        VALIDATION,
        ONE + "'Always' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy "
        "enum value set: [PublishedVersions, None]",
    ),
    "5 concurrency": (
        call("put_function_concurrency", ReservedConcurrentExecutions=901),
        PARAMETER,
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].",
    ),
    "2.2 json": (
        call("invoke", Payload=b"{bad}"),
        ("InvalidRequestContentException", 400),
        "Could not parse request body into json: Could not parse payload into json: Unexpected "
        "character ('b' (code 98)): was expecting double-quote to start field name\n at [Source: "
        "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]",
    ),
    "2.2 control": (
        call("invoke", Payload=b"\x99"),
        ("InvalidRequestContentException", 400),
        "Could not parse request body into json: Could not parse payload into json: Unexpected "
        "character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, "
        "Object or token 'null', 'true' or 'false')\n at [Source: REDACTED "
        "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1]",
    ),
    "2.2 utf-8": (
        call("invoke", Payload=b'"\x87"'),
        ("InvalidRequestContentException", 400),
        "Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 "
        "start byte 0x87\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
        "disabled); line: 1, column: 3]",
    ),
    "2.2 event size": (
        call("invoke", Payload=b'"' + b"x" * 1_048_576 + b'"', InvocationType="Event"),
        ("RequestEntityTooLargeException", 413),
        "Request must be smaller than 1048576 bytes for the InvokeFunction operation",
    ),
}


@pytest.mark.parametrize("case", CATALOGUE)
def test_words_an_error_as_aws_does(known: LocalEndpoint, case: str) -> None:
    (operation, named), (code, status), message = CATALOGUE[case]
    function: Callable[..., Any] = getattr(known.client(), operation)
    with pytest.raises(ClientError) as caught:
        function(**named)
    response = caught.value.response
    assert response["Error"] == {"Code": code, "Message": message}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_another_account_is_denied_without_a_message(known: LocalEndpoint) -> None:
    with pytest.raises(ClientError) as caught:
        known.client().get_function(
            FunctionName=f"arn:aws:lambda:{REGION}:111122223333:function:known"
        )
    response = caught.value.response
    assert response["Error"]["Code"] == "AccessDeniedException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert not response["Error"].get("Message")


def test_an_unknown_runtime_is_told_without_quotes(known: LocalEndpoint) -> None:
    operation, named = create(Runtime="PYTHON3.9")
    with pytest.raises(ClientError) as caught:
        getattr(known.client(), operation)(**named)
    message = caught.value.response["Error"]["Message"]
    assert message.startswith(
        "Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
        "set: [nodejs20.x, python3.14, "
    )
    assert message.endswith("] or be a valid ARN")


def test_an_operation_that_is_not_offered_says_so(known: LocalEndpoint) -> None:
    with pytest.raises(ClientError) as caught:
        known.client().list_capacity_providers()
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert response["Error"] == {
        "Code": "NotImplementedException",
        "Message": "The local Lambda does not offer ListCapacityProviders.",
    }


def test_code_sha_that_differs(known: LocalEndpoint) -> None:
    client = known.client()
    actual = client.get_function_configuration(FunctionName="known")["CodeSha256"]
    with pytest.raises(ClientError) as caught:
        client.publish_version(FunctionName="known", CodeSha256="other")
    assert caught.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": f"CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({actual})."
        " Please try again with the CodeSHA256 in $LATEST.",
    }


def test_a_request_larger_than_lambda_takes(known: LocalEndpoint) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", known.port, timeout=60)
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/r/lambda/aws4_request"}
    connection.request("POST", "/2015-03-31/functions", b"x" * 70_167_212, headers)
    answer = connection.getresponse()
    assert answer.status == 413
    assert answer.getheader("x-amzn-ErrorType") == "RequestEntityTooLargeException"
    assert json.loads(answer.read()) == {
        "message": "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    }
    connection.close()


def test_what_cannot_be_a_request_is_refused_in_json(known: LocalEndpoint) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", known.port, timeout=20)
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/r/lambda/aws4_request"}
    for path, headers, body, status, code in (
        ("/2015-03-31/functions", {}, b"", 403, "MissingAuthenticationTokenException"),
        ("/no/such/path", signed, b"", 404, "UnknownOperationException"),
        ("/2015-03-31/functions", signed, b"{", 400, "InvalidRequestContentException"),
        ("/2015-03-31/functions", signed, b"[]", 400, "SerializationException"),
        ("/2015-03-31/functions", signed, b'{"Timeout": "9"}', 400, "SerializationException"),
        ("/2015-03-31/functions", signed, b'{"Timeout": 1e999}', 400, "SerializationException"),
        ("/2015-03-31/functions", signed, b'{"Role": "\\ud800"}', 400, "SerializationException"),
    ):
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("x-amzn-ErrorType")) == (status, code)
        assert json.loads(answer.read()).keys() <= {"message", "Message", "Type"}
    connection.close()
