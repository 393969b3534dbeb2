"""What is not there, or not allowed as things are, worded as AWS does (lambda-facts §4.6; the
numbers are its)."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint
from errors_lab import ARN, CODE, PARAMETER, Refused, alias, assert_refused, call, create

NOT_FOUND, CONFLICT = ("ResourceNotFoundException", 404), ("ResourceConflictException", 409)
STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the "
    "GetFunction/GetAlias API to retrieve the latest Revision Id"
)
MISSING = "nowhere"

CATALOGUE: dict[str, Refused] = {
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
    "41": (
        call("put_function_concurrency", FunctionName="known:1", ReservedConcurrentExecutions=1),
        PARAMETER,
        "This operation is permitted on Lambda functions only. Aliases and versions do not support "
        "this operation. Please specify either a function name or an unqualified function ARN.",
    ),
    "5 concurrency": (
        call("put_function_concurrency", ReservedConcurrentExecutions=901),
        PARAMETER,
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].",
    ),
}


@pytest.mark.parametrize("case", CATALOGUE)
def test_what_the_functions_do_not_allow_is_worded_as_aws_does(
    known: LocalEndpoint, case: str
) -> None:
    assert_refused(known, CATALOGUE[case])


def test_another_account_is_denied_without_a_message(known: LocalEndpoint) -> None:
    with pytest.raises(ClientError) as caught:
        known.client().get_function(
            FunctionName=f"arn:aws:lambda:{REGION}:111122223333:function:known"
        )
    response = caught.value.response
    assert response["Error"]["Code"] == "AccessDeniedException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert not response["Error"].get("Message")


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
