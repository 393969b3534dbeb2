"""Code signing configurations: kept, given to functions, and enforced."""

from __future__ import annotations

import re
from typing import Any

import pytest
from api_lab import CONFLICT, FUNCTION, NOT_FOUND, VALIDATION, answer, refused, status
from endpoint_lab import ACCOUNT, ECHO, REGION, ROLE, LocalEndpoint, zipped

PROFILE = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/mine/0123456789"
MISSING = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
UNSIGNED = zipped({"index.py": ECHO})
SIGNED = zipped({"index.py": ECHO, "META-INF/aws_signer_signature_v1.0.SF": "signature"})


def made(endpoint: LocalEndpoint, policy: str | None = None, **named: Any) -> dict[str, Any]:
    if policy is not None:
        named["CodeSigningPolicies"] = {"UntrustedArtifactOnDeployment": policy}
    created = endpoint.client().create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [PROFILE]}, **named
    )
    assert status(created) == 201
    config: dict[str, Any] = created["CodeSigningConfig"]
    return config


def test_creating_getting_updating_and_deleting(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    config = made(shared_endpoint, Description="mine")
    id, arn = config["CodeSigningConfigId"], config["CodeSigningConfigArn"]
    assert re.fullmatch(r"csc-[0-9a-f]{17}", id)
    assert config == {
        "CodeSigningConfigId": id,
        "CodeSigningConfigArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:{id}",
        "Description": "mine",
        "AllowedPublishers": {"SigningProfileVersionArns": [PROFILE]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        "LastModified": config["LastModified"],
    }
    got = client.get_code_signing_config(CodeSigningConfigArn=arn)
    assert got["CodeSigningConfig"] == config
    updated = client.update_code_signing_config(
        CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"}
    )["CodeSigningConfig"]
    assert updated["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    assert updated["Description"] == "mine"
    assert status(client.delete_code_signing_config(CodeSigningConfigArn=arn)) == 204
    gone = (NOT_FOUND, f"The Lambda code signing configuration {arn} can not be found.")
    for operation in (
        client.get_code_signing_config,
        client.update_code_signing_config,
        client.delete_code_signing_config,
        client.list_functions_by_code_signing_config,
    ):
        assert refused(operation, CodeSigningConfigArn=arn) == gone


def test_a_function_has_one(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    arn = made(shared_endpoint)["CodeSigningConfigArn"]
    name, other = shared_endpoint.create(), shared_endpoint.create(CodeSigningConfigArn=arn)
    assert answer(client.get_function_code_signing_config(FunctionName=name)) == {}
    put = client.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
    assert status(put) == 200
    assert answer(put) == {"CodeSigningConfigArn": arn, "FunctionName": name}
    got = client.get_function_code_signing_config(FunctionName=f"{FUNCTION}:{name}")
    assert answer(got) == answer(put)
    pages = client.get_paginator("list_functions_by_code_signing_config").paginate(
        CodeSigningConfigArn=arn, PaginationConfig={"PageSize": 1}
    )
    found = [item for page in pages for item in page["FunctionArns"]]
    assert found == sorted(f"{FUNCTION}:{each}" for each in (name, other))
    code, _ = refused(client.delete_code_signing_config, CodeSigningConfigArn=arn)
    assert code == CONFLICT
    client.delete_function(FunctionName=other)
    for _ in range(2):
        assert status(client.delete_function_code_signing_config(FunctionName=name)) == 204
    assert answer(client.get_function_code_signing_config(FunctionName=name)) == {}
    client.delete_code_signing_config(CodeSigningConfigArn=arn)


def test_listing(endpoint: LocalEndpoint) -> None:
    client = endpoint.client()
    assert client.list_code_signing_configs()["CodeSigningConfigs"] == []
    configs = [made(endpoint) for _ in range(3)]
    pages = client.get_paginator("list_code_signing_configs").paginate(
        PaginationConfig={"PageSize": 2}
    )
    found = [item for page in pages for item in page["CodeSigningConfigs"]]
    assert found == sorted(configs, key=lambda config: str(config["CodeSigningConfigId"]))


def test_errors(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    arn = made(shared_endpoint)["CodeSigningConfigArn"]
    missing = (
        ("CodeSigningConfigNotFoundException", 404),
        "The code signing configuration cannot be found. Check that the provided configuration is "
        f"not deleted: {MISSING}.",
    )
    put = client.put_function_code_signing_config
    assert refused(put, FunctionName=name, CodeSigningConfigArn=MISSING) == missing
    assert refused(put, FunctionName="nowhere", CodeSigningConfigArn=MISSING) == missing
    nowhere = (NOT_FOUND, f"Function not found: {FUNCTION}:nowhere")
    assert refused(put, FunctionName="nowhere", CodeSigningConfigArn=arn) == nowhere
    for operation in (
        client.get_function_code_signing_config,
        client.delete_function_code_signing_config,
    ):
        assert refused(operation, FunctionName="nowhere") == nowhere
    code, message = refused(client.get_code_signing_config, CodeSigningConfigArn="csc")
    assert code == VALIDATION and message is not None
    assert message.startswith("1 validation error detected: Value 'csc' at 'codeSigningConfigArn'")


@pytest.mark.parametrize("policy", ["Warn", "Enforce"])
def test_code_without_a_signature(shared_endpoint: LocalEndpoint, policy: str) -> None:
    client = shared_endpoint.client()
    arn = made(shared_endpoint, policy)["CodeSigningConfigArn"]
    layer = client.publish_layer_version(LayerName=f"{policy}-layer", Content={"ZipFile": UNSIGNED})
    name = f"signed-{policy.lower()}"
    create = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "index.handler",
        "CodeSigningConfigArn": arn,
    }
    layers = {"FunctionName": name, "Layers": [layer["LayerVersionArn"]]}
    if policy == "Warn":
        client.create_function(**create, Code={"ZipFile": UNSIGNED})
        shared_endpoint.settle(name)
        client.update_function_configuration(**layers)
        shared_endpoint.settle(name)
        client.update_function_code(FunctionName=name, ZipFile=UNSIGNED)
        return
    error = (
        ("CodeVerificationFailedException", 400),
        "Lambda cannot deploy the function. The function or layer might be signed using a "
        "signature that the client is not configured to accept. Check the provided signature for "
        f"{name}.",
    )
    assert refused(client.create_function, **create, Code={"ZipFile": UNSIGNED}) == error
    client.create_function(**create, Code={"ZipFile": SIGNED})
    shared_endpoint.settle(name)
    assert refused(client.update_function_code, FunctionName=name, ZipFile=UNSIGNED) == error
    assert refused(client.update_function_configuration, **layers) == error
    client.delete_function_code_signing_config(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=UNSIGNED)


def test_its_tags(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    arn = made(shared_endpoint, Tags={"a": "1"})["CodeSigningConfigArn"]
    client.tag_resource(Resource=arn, Tags={"b": "2"})
    assert client.list_tags(Resource=arn)["Tags"] == {"a": "1", "b": "2"}
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    assert refused(client.list_tags, Resource=MISSING) == (
        NOT_FOUND,
        f"The Lambda code signing configuration {MISSING} can not be found.",
    )
