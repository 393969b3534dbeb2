"""Who may use a layer version: its policy."""

from __future__ import annotations

import json

from api_lab import (
    CONFLICT,
    LAYER,
    NOT_FOUND,
    VALIDATION,
    refused,
    stale,
    status,
)
from endpoint_lab import ACCOUNT, LocalEndpoint
from layer_lab import publish

MISSING = "The resource you requested does not exist."


def test_the_policy_of_a_layer_version(shared_endpoint: LocalEndpoint, name: str) -> None:
    client = shared_endpoint.client()
    arn = publish(shared_endpoint, name)
    version = {"LayerName": name, "VersionNumber": 1}
    grant = {**version, "Action": "lambda:GetLayerVersion"}
    none = (NOT_FOUND, "No policy is associated with the given resource.")
    assert refused(client.get_layer_version_policy, **version) == none
    assert refused(client.remove_layer_version_permission, **version, StatementId="s") == none

    first = client.add_layer_version_permission(**grant, StatementId="s1", Principal="*")
    assert status(first) == 201
    everyone = {
        "Sid": "s1",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:GetLayerVersion",
        "Resource": arn,
    }
    assert first["Statement"] == json.dumps(everyone, separators=(",", ":"))
    second = client.add_layer_version_permission(
        **grant, StatementId="s2", Principal=ACCOUNT, RevisionId=first["RevisionId"]
    )
    one = {**everyone, "Sid": "s2", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    third = client.add_layer_version_permission(
        **grant, StatementId="s3", Principal="*", OrganizationId="o-0123456789"
    )
    organization = {"StringEquals": {"aws:PrincipalOrgID": "o-0123456789"}}
    policy = client.get_layer_version_policy(**version)
    assert json.loads(policy["Policy"]) == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [everyone, one, {**everyone, "Sid": "s3", "Condition": organization}],
    }
    assert policy["RevisionId"] == third["RevisionId"] != second["RevisionId"]

    assert refused(client.add_layer_version_permission, **grant, StatementId="s1", Principal="*") \
        == (
            CONFLICT,
            "The statement id (s1) provided already exists. Please provide a new statement id, or "
            "remove the existing statement.",
        )  # fmt: skip
    old = {"RevisionId": first["RevisionId"]}
    assert refused(
        client.add_layer_version_permission, **grant, **old, StatementId="s4", Principal="*"
    ) == stale("GetLayerPolicy")
    remove = client.remove_layer_version_permission
    assert refused(remove, **version, **old, StatementId="s1") == stale("GetLayerPolicy")
    assert refused(remove, **version, StatementId="s9") == (
        NOT_FOUND,
        "Statement s9 is not found in resource policy.",
    )
    assert status(remove(**version, StatementId="s2", RevisionId=policy["RevisionId"])) == 204
    for sid in ("s1", "s3"):
        remove(**version, StatementId=sid)
    assert refused(client.get_layer_version_policy, **version) == none


def test_errors_of_layer_policies(shared_endpoint: LocalEndpoint, name: str) -> None:
    client = shared_endpoint.client()
    publish(shared_endpoint, name)
    grant = {
        "LayerName": name,
        "VersionNumber": 2,
        "Action": "lambda:GetLayerVersion",
        "Principal": "*",
        "StatementId": "s",
    }
    missing = (NOT_FOUND, f"Layer version {LAYER}:{name}:2 does not exist.")
    assert refused(client.add_layer_version_permission, **grant) == missing
    only = {key: grant[key] for key in ("LayerName", "VersionNumber")}
    assert refused(client.get_layer_version_policy, **only) == missing
    assert refused(client.remove_layer_version_permission, **only, StatementId="s") == missing
    add = client.add_layer_version_permission
    assert refused(add, **{**grant, "Action": "*"}) == (
        VALIDATION,
        "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: Member "
        "must satisfy regular expression pattern: lambda:GetLayerVersion",
    )
    assert refused(add, **{**grant, "StatementId": "not/allowed"}) == (
        VALIDATION,
        "1 validation error detected: Value 'not/allowed' at 'statementId' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
    )
