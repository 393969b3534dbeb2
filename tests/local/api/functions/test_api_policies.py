"""Resource policies: who may invoke a function, its versions and its aliases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_lab import (
    CONFLICT,
    FUNCTION,
    NOT_FOUND,
    PARAMETER,
    VALIDATION,
    answer,
    refused,
    stale,
    status,
)
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint

SQS = "arn:aws:sqs:us-east-1:123456789012:queue"
NONE = (NOT_FOUND, "The resource you requested does not exist.")


def grant(name: str, sid: str = "s3", **named: Any) -> dict[str, Any]:
    return {
        "FunctionName": name,
        "StatementId": sid,
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
        **named,
    }


def statement(name: str, sid: str = "s3", **changed: Any) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": f"{FUNCTION}:{name}",
        **changed,
    }


def test_adding_getting_and_removing(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    before = client.get_function_configuration(FunctionName=name)["RevisionId"]
    added = client.add_permission(**grant(name))
    assert status(added) == 201
    # Lambda returns a JSON text without any spaces, its members in this order.
    assert answer(added) == {"Statement": json.dumps(statement(name), separators=(",", ":"))}
    policy = client.get_policy(FunctionName=name)
    assert (
        policy["RevisionId"]
        == client.get_function(FunctionName=name)["Configuration"]["RevisionId"]
    )
    assert policy["RevisionId"] != before
    client.add_permission(**grant(name, "sqs", SourceArn=SQS, RevisionId=policy["RevisionId"]))
    policy = client.get_policy(FunctionName=name)
    assert policy["Policy"] == json.dumps(
        {
            "Version": "2012-10-17",
            "Id": "default",
            "Statement": [
                statement(name),
                statement(name, "sqs", Condition={"ArnLike": {"AWS:SourceArn": SQS}}),
            ],
        },
        separators=(",", ":"),
    )
    removed = client.remove_permission(
        FunctionName=name, StatementId="s3", RevisionId=policy["RevisionId"]
    )
    assert status(removed) == 204
    after = client.get_policy(FunctionName=name)
    assert [item["Sid"] for item in json.loads(after["Policy"])["Statement"]] == ["sqs"]
    assert after["RevisionId"] != policy["RevisionId"]
    client.remove_permission(FunctionName=name, StatementId="sqs")
    assert refused(client.get_policy, FunctionName=name) == NONE


@pytest.mark.parametrize(
    ("given", "principal"),
    [
        ("apigateway.amazonaws.com", {"Service": "apigateway.amazonaws.com"}),
        ("alexa-appkit.amazon.com", {"Service": "alexa-appkit.amazon.com"}),
        (ACCOUNT, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        (f"arn:aws:iam::{ACCOUNT}:role/r", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}),
        ("*", "*"),
    ],
)
def test_principals(shared_endpoint: LocalEndpoint, given: str, principal: object) -> None:
    name = shared_endpoint.create()
    added = shared_endpoint.client().add_permission(**grant(name, Principal=given))
    assert json.loads(added["Statement"])["Principal"] == principal


def test_every_condition(shared_endpoint: LocalEndpoint) -> None:
    name = shared_endpoint.create()
    added = shared_endpoint.client().add_permission(
        **grant(
            name,
            Principal="*",
            SourceArn=SQS,
            SourceAccount=ACCOUNT,
            PrincipalOrgID="o-0123456789",
            FunctionUrlAuthType="NONE",
            EventSourceToken="token",
            InvokedViaFunctionUrl=True,
        )
    )
    assert json.loads(added["Statement"])["Condition"] == {
        "ArnLike": {"AWS:SourceArn": SQS},
        "StringEquals": {
            "AWS:SourceAccount": ACCOUNT,
            "aws:PrincipalOrgID": "o-0123456789",
            "lambda:FunctionUrlAuthType": "NONE",
            "lambda:EventSourceToken": "token",
        },
        "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
    }


def test_versions_and_aliases_have_policies_of_their_own(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create(Publish=True)
    shared_endpoint.settle(name, "1")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier in ("1", "live"):
        added = client.add_permission(**grant(name, Qualifier=qualifier))
        arn = f"{FUNCTION}:{name}:{qualifier}"
        assert json.loads(added["Statement"])["Resource"] == arn
        assert json.loads(client.get_policy(FunctionName=arn)["Policy"])["Statement"] == [
            statement(name, Resource=arn)
        ]
    alias = client.get_alias(FunctionName=name, Name="live")
    by_alias = client.get_policy(FunctionName=name, Qualifier="live")
    assert by_alias["RevisionId"] == alias["RevisionId"]
    version = client.get_function_configuration(FunctionName=name, Qualifier="1")
    assert client.get_policy(FunctionName=f"{name}:1")["RevisionId"] == version["RevisionId"]
    assert refused(client.get_policy, FunctionName=name) == NONE
    assert refused(client.get_policy, FunctionName=name, Qualifier="7") == NONE
    # What an alias was allowed goes with it.
    client.delete_alias(FunctionName=name, Name="live")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert refused(client.get_policy, FunctionName=name, Qualifier="live") == NONE
    client.delete_function(FunctionName=name)
    shared_endpoint.create(FunctionName=name, Publish=True)
    assert refused(client.get_policy, FunctionName=name, Qualifier="1") == NONE


def test_errors(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    arn = f"{FUNCTION}:{name}"
    add, remove = client.add_permission, client.remove_permission
    nothing = (NOT_FOUND, "No policy is associated with the given resource.")
    assert refused(remove, FunctionName=name, StatementId="s3") == nothing
    add(**grant(name))
    for call, error in (
        (
            grant(name),
            (
                CONFLICT,
                "The statement id (s3) provided already exists. Please provide a new statement "
                "id, or remove the existing statement.",
            ),
        ),
        (
            grant(name, Qualifier="$LATEST"),
            (PARAMETER, "We currently do not support adding policies for $LATEST."),
        ),
        (
            grant(name, "new", Principal="not-a-service.example.com"),
            (
                PARAMETER,
                "The provided principal was invalid. Please check the principal and try again.",
            ),
        ),
        (grant(name, "new", RevisionId="old"), stale("GetPolicy")),
        (grant("nowhere"), (NOT_FOUND, f"Function not found: {FUNCTION}:nowhere")),
        (grant(name, "new", Qualifier="7"), (NOT_FOUND, f"Function not found: {arn}:7")),
        (grant(name, "new", Qualifier="gone"), (NOT_FOUND, f"Cannot find alias arn: {arn}:gone")),
        (
            grant(name, "no good"),
            (
                VALIDATION,
                "1 validation error detected: Value 'no good' at 'statementId' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
            ),
        ),
    ):
        assert refused(add, **call) == error
    for named, error in (
        ({"FunctionName": "nowhere"}, (NOT_FOUND, f"No policy found for: {FUNCTION}:nowhere")),
        ({"StatementId": "s9"}, (NOT_FOUND, "Statement s9 is not found in resource policy.")),
        ({"RevisionId": "old"}, stale("GetPolicy")),
    ):
        assert refused(remove, **{"FunctionName": name, "StatementId": "s3", **named}) == error
    missing = refused(client.get_policy, FunctionName="nowhere")
    assert missing == (NOT_FOUND, f"Function not found: {FUNCTION}:nowhere")


def test_a_policy_is_at_most_20_kilobytes(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    long = f"arn:aws:s3:{REGION}:{ACCOUNT}:" + "b" * 9_900
    for number in range(2):
        client.add_permission(**grant(name, f"s{number}", SourceArn=long))
    code, message = refused(client.add_permission, **grant(name, SourceArn=long))
    assert code == ("PolicyLengthExceededException", 400)
    whole = len(client.get_policy(FunctionName=name)["Policy"])
    more = statement(name, Condition={"ArnLike": {"AWS:SourceArn": long}})
    size = whole + 1 + len(json.dumps(more, separators=(",", ":")))
    assert message == f"The final policy size ({size}) is bigger than the limit (20480)."
