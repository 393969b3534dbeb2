"""EventBridge's schema registry among the embedded services, through boto3."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint

from workbench.aws.records import Target
from workbench.aws.shareable_events import REGISTRY, ShareableEvents


def test_registries_schemas_and_versions(shared_endpoint: LocalEndpoint) -> None:
    schemas = shared_endpoint.client("schemas")
    made = schemas.create_registry(RegistryName="shop", Description="ours")
    assert made["RegistryArn"] == f"arn:aws:schemas:{REGION}:{ACCOUNT}:registry/shop"
    with pytest.raises(schemas.exceptions.ConflictException):
        schemas.create_registry(RegistryName="shop")
    given = {"RegistryName": "shop", "SchemaName": "order@v", "Type": "OpenApi3"}
    assert schemas.create_schema(**given, Content='{"openapi": "3.0.0"}')["SchemaVersion"] == "1"
    assert schemas.update_schema(**given, Content='{"openapi": "3"}')["SchemaVersion"] == "2"
    del given["Type"]
    old = schemas.describe_schema(**given, SchemaVersion="1")
    assert (old["Content"], old["SchemaVersion"]) == ('{"openapi": "3.0.0"}', "1")
    pages = schemas.get_paginator("list_schema_versions").paginate(
        **given, PaginationConfig={"PageSize": 1}
    )
    assert [v["SchemaVersion"] for page in pages for v in page["SchemaVersions"]] == ["1", "2"]
    schemas.delete_schema_version(**given, SchemaVersion="1")
    (listed,) = schemas.list_schemas(RegistryName="shop")["Schemas"]
    assert (listed["SchemaName"], listed["VersionCount"]) == ("order@v", 1)
    with pytest.raises(schemas.exceptions.BadRequestException):
        schemas.delete_registry(RegistryName="shop")
    schemas.delete_schema(**given)
    with pytest.raises(schemas.exceptions.NotFoundException):
        schemas.describe_schema(**given)
    schemas.delete_registry(RegistryName="shop")
    with pytest.raises(ClientError) as refused:
        schemas.list_discoverers()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_wrong_requests_are_refused(shared_endpoint: LocalEndpoint) -> None:
    schemas = shared_endpoint.client("schemas")
    schemas.create_registry(RegistryName="odd")
    given = {"RegistryName": "odd", "SchemaName": "x"}
    for kind, content in (("OpenApi3", "{"), ("OpenApi3", "[]"), ("Odd", "{}")):
        with pytest.raises(schemas.exceptions.BadRequestException):
            schemas.create_schema(**given, Type=kind, Content=content)
    with pytest.raises(schemas.exceptions.BadRequestException):
        schemas.get_discovered_schema(Events=["{"], Type="OpenApi3")
    with pytest.raises(schemas.exceptions.BadRequestException):
        schemas.list_schemas(RegistryName="odd", NextToken="rubbish")


def test_shareable_test_events(shared_endpoint: LocalEndpoint) -> None:
    shared = ShareableEvents(Target("local", REGION, ACCOUNT, endpoint_url=shared_endpoint.url))
    event = {"Records": [{"n": 1.5, "ok": True, "none": None, "empty": []}]}
    for number in range(7):
        shared.save("Echo", f"event {number}", json.dumps(event))
    assert shared.events("Echo") == {f"event {number}": event for number in range(7)}
    client = shared_endpoint.client("schemas")
    answer = client.describe_schema(RegistryName=REGISTRY, SchemaName="_Echo-schema")
    record = json.loads(answer["Content"])["components"]["schemas"]["Event"]["properties"]
    assert record["Records"]["items"]["properties"]["n"] == {"type": "number"}
    for number in range(7):
        shared.delete("Echo", f"event {number}")
    assert shared.events("Echo") == {}
