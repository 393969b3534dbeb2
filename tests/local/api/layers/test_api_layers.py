"""Layers: their versions, and functions that have them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request
from typing import Any

import pytest
from api_lab import (
    LAYER,
    NOT_FOUND,
    PARAMETER,
    VALIDATION,
    answer,
    refused,
    status,
)
from endpoint_lab import ACCOUNT, ECHO, REGION, ROLE, LocalEndpoint, local_lambda, zipped
from layer_lab import content, publish

MISSING = "The resource you requested does not exist."


def test_publishing_and_getting(shared_endpoint: LocalEndpoint, name: str) -> None:
    client = shared_endpoint.client()
    made = client.publish_layer_version(
        LayerName=name,
        Description="words",
        Content={"ZipFile": content()},
        CompatibleRuntimes=["python3.12", "python3.7"],
        CompatibleArchitectures=["x86_64", "arm64"],
        LicenseInfo="MIT",
    )
    assert status(made) == 201
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", made["CreatedDate"])
    location = made["Content"]["Location"]
    assert {**answer(made), "CreatedDate": "", "Content": {**made["Content"], "Location": ""}} == {
        "Content": {
            "Location": "",
            "CodeSha256": base64.b64encode(hashlib.sha256(content()).digest()).decode(),
            "CodeSize": len(content()),
        },
        "LayerArn": f"{LAYER}:{name}",
        "LayerVersionArn": f"{LAYER}:{name}:1",
        "Description": "words",
        "CreatedDate": "",
        "Version": 1,
        "CompatibleRuntimes": ["python3.12", "python3.7"],
        "CompatibleArchitectures": ["x86_64", "arm64"],
        "LicenseInfo": "MIT",
    }
    with urllib.request.urlopen(location) as download:
        assert download.read() == content()
    for got in (
        client.get_layer_version(LayerName=name, VersionNumber=1),
        client.get_layer_version(LayerName=f"{LAYER}:{name}", VersionNumber=1),
        client.get_layer_version_by_arn(Arn=f"{LAYER}:{name}:1"),
    ):
        assert status(got) == 200
        got["Content"].pop("Location")
        expected = {**answer(made), "Content": dict(made["Content"])}
        expected["Content"].pop("Location")
        assert answer(got) == expected


def test_what_was_not_given_is_left_out(shared_endpoint: LocalEndpoint, name: str) -> None:
    publish(shared_endpoint, name)
    got = shared_endpoint.client().get_layer_version(LayerName=name, VersionNumber=1)
    assert got["Description"] == ""
    assert answer(got).keys() == {
        "Content", "LayerArn", "LayerVersionArn", "Description", "CreatedDate", "Version",
    }  # fmt: skip


def test_versions_are_listed_newest_first_and_never_reused(
    shared_endpoint: LocalEndpoint, name: str
) -> None:
    client = shared_endpoint.client()
    for runtimes in (["python3.12"], ["nodejs22.x"], ["python3.12"]):
        publish(shared_endpoint, name, CompatibleRuntimes=runtimes)
    assert status(client.delete_layer_version(LayerName=name, VersionNumber=3)) == 204
    assert status(client.delete_layer_version(LayerName=name, VersionNumber=3)) == 204
    publish(shared_endpoint, name, CompatibleArchitectures=["arm64"])

    def numbers(**named: Any) -> list[int]:
        found = client.get_paginator("list_layer_versions").paginate(LayerName=name, **named)
        return [item["Version"] for page in found for item in page["LayerVersions"]]

    assert numbers() == [4, 2, 1]
    assert numbers(PaginationConfig={"PageSize": 1}) == [4, 2, 1]
    assert numbers(CompatibleRuntime="python3.12") == [1]
    assert numbers(CompatibleArchitecture="arm64") == [4]
    item = client.list_layer_versions(LayerName=name)["LayerVersions"][-1]
    assert item.keys() == {
        "LayerVersionArn", "Version", "Description", "CreatedDate", "CompatibleRuntimes",
    }  # fmt: skip
    assert client.list_layer_versions(LayerName="never-published")["LayerVersions"] == []


def test_layers_are_listed_with_their_newest_fitting_version(endpoint: LocalEndpoint) -> None:
    client = endpoint.client()
    for layer, runtime in (("b", "python3.12"), ("b", "python3.13"), ("a", "nodejs22.x")):
        publish(endpoint, layer, CompatibleRuntimes=[runtime])
    publish(endpoint, "gone")
    client.delete_layer_version(LayerName="gone", VersionNumber=1)

    def listed(**named: Any) -> list[tuple[str, int]]:
        found = client.get_paginator("list_layers").paginate(**named)
        layers = [layer for page in found for layer in page["Layers"]]
        assert all(layer["LayerArn"] == f"{LAYER}:{layer['LayerName']}" for layer in layers)
        return [(layer["LayerName"], layer["LatestMatchingVersion"]["Version"]) for layer in layers]

    assert listed() == [("a", 1), ("b", 2)]
    assert listed(PaginationConfig={"PageSize": 1}) == [("a", 1), ("b", 2)]
    assert listed(CompatibleRuntime="python3.12") == [("b", 1)]


def test_a_function_sees_its_layers_the_later_one_first(
    shared_endpoint: LocalEndpoint, name: str
) -> None:
    client = shared_endpoint.client()
    code = "def handler(event, context):\n    import shared_words\n    return shared_words.WORD\n"
    first, second = publish(shared_endpoint, name), publish(shared_endpoint, f"{name}-2", "two")
    function = shared_endpoint.create(code, Layers=[first])

    def invoke(**named: Any) -> Any:
        payload = client.invoke(FunctionName=function, **named)["Payload"].read()
        return json.loads(payload)

    assert invoke() == "one"
    client.publish_version(FunctionName=function)
    shared_endpoint.settle(function, "1")
    updated = client.update_function_configuration(FunctionName=function, Layers=[first, second])
    assert updated["Layers"] == [
        {"Arn": first, "CodeSize": len(content("one"))},
        {"Arn": second, "CodeSize": len(content("two"))},
    ]
    shared_endpoint.settle(function)
    assert invoke() == "two"
    assert invoke(Qualifier="1") == "one"
    kept = client.update_function_configuration(FunctionName=function, Timeout=9)
    assert len(kept["Layers"]) == 2
    shared_endpoint.settle(function)
    emptied = client.update_function_configuration(FunctionName=function, Layers=[])
    assert "Layers" not in emptied
    shared_endpoint.settle(function)
    assert invoke()["errorMessage"] == "No module named 'shared_words'"


def test_a_deleted_layer_version_goes_on_working_after_a_restart(tmp_path: Any) -> None:
    code = "def handler(event, context):\n    import shared_words\n    return shared_words.WORD\n"
    with local_lambda(tmp_path) as endpoint:
        arn = publish(endpoint, "short-lived")
        function = endpoint.create(code, Layers=[arn])
        endpoint.client().delete_layer_version(LayerName="short-lived", VersionNumber=1)
        assert refused(
            endpoint.client().update_function_configuration, FunctionName=function, Layers=[arn]
        ) == (PARAMETER, f"Layer version {arn} does not exist.")
    with local_lambda(tmp_path) as endpoint:
        payload = endpoint.client().invoke(FunctionName=function)["Payload"].read()
        assert json.loads(payload) == "one"
        listed = endpoint.client().list_functions()["Functions"][0]
        assert listed["Layers"] == [{"Arn": arn, "CodeSize": len(content())}]


def test_layers_count_as_code(endpoint: LocalEndpoint) -> None:
    client = endpoint.client()
    publish(endpoint, "a")
    publish(endpoint, "a")
    assert client.get_account_settings()["AccountUsage"] == {
        "TotalCodeSize": 2 * len(content()),
        "FunctionCount": 0,
    }
    client.delete_layer_version(LayerName="a", VersionNumber=1)
    assert client.get_account_settings()["AccountUsage"]["TotalCodeSize"] == len(content())


def create(**changed: Any) -> dict[str, Any]:
    return {
        "FunctionName": "refused-layers",
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "index.handler",
        "Code": {"ZipFile": zipped({"index.py": ECHO})},
        **changed,
    }


def test_layers_a_function_cannot_have(shared_endpoint: LocalEndpoint, name: str) -> None:
    client = shared_endpoint.client()
    first, second = publish(shared_endpoint, name), publish(shared_endpoint, name)
    function = shared_endpoint.create()
    elsewhere = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:{name}:1"
    foreign = f"arn:aws:lambda:{REGION}:111122223333:layer:{name}:1"
    for layers, error in (
        ([first] * 6, (PARAMETER, "Cannot reference more than 5 layers.")),
        (
            [first, second],
            (
                PARAMETER,
                "Two different versions of the same layer are not allowed to be referenced in the "
                f"same function. {first} and {second} are versions of the same layer.",
            ),
        ),
        (
            [elsewhere],
            (
                PARAMETER,
                "Layers are not in the same region as the function. Layers are expected to be in "
                f"region {REGION}.",
            ),
        ),
        (
            [f"{LAYER}:{name}:9"],
            (PARAMETER, f"Layer version {LAYER}:{name}:9 does not exist."),
        ),
    ):
        assert refused(client.create_function, **create(Layers=layers)) == error
        update = client.update_function_configuration
        assert refused(update, FunctionName=function, Layers=layers) == error
    code, message = refused(client.create_function, **create(Layers=[foreign]))
    assert code == ("AccessDeniedException", 403)
    assert message is not None and message.endswith(
        f"is not authorized to perform: lambda:GetLayerVersion on resource: {foreign} because no "
        "resource-based policy allows the lambda:GetLayerVersion action"
    )
    code, message = refused(client.create_function, **create(Layers=[f"{LAYER}:{name}"]))
    assert code == VALIDATION
    assert message is not None and message.startswith(
        f"1 validation error detected: Value '[{LAYER}:{name}]' at 'layers' failed to satisfy "
        "constraint: Member must satisfy constraint: [Member must have length less than or equal "
    )


def test_more_than_lambda_unpacks(shared_endpoint: LocalEndpoint, name: str) -> None:
    client = shared_endpoint.client()
    half = zipped({"zeros": bytes(140_000_000)})
    arns = [
        client.publish_layer_version(LayerName=layer, Content={"ZipFile": half})["LayerVersionArn"]
        for layer in (name, f"{name}-2")
    ]
    assert refused(client.create_function, **create(Layers=arns)) == (
        PARAMETER,
        "Layers consume more than the available size of 262144000 bytes",
    )
    function = shared_endpoint.create(Layers=arns[:1])
    assert refused(client.update_function_code, FunctionName=function, ZipFile=half) == (
        PARAMETER,
        "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
        "The actual size is 280000000 bytes.",
    )


def test_errors_of_layers(shared_endpoint: LocalEndpoint, name: str) -> None:
    client = shared_endpoint.client()
    publish(shared_endpoint, name)
    for number in (0, -1):
        for operation in (client.get_layer_version, client.delete_layer_version):
            assert refused(operation, LayerName=name, VersionNumber=number) == (
                PARAMETER,
                "Layer Version Cannot be less than 1",
            )
    get = client.get_layer_version
    assert refused(get, LayerName=name, VersionNumber=2**63 - 1) == (NOT_FOUND, MISSING)
    assert refused(get, LayerName="never-published", VersionNumber=1) == (NOT_FOUND, MISSING)
    far = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:{name}"
    assert refused(get, LayerName=far, VersionNumber=1) == (NOT_FOUND, MISSING)
    foreign = f"arn:aws:lambda:{REGION}:111122223333:layer:{name}"
    assert refused(get, LayerName=foreign, VersionNumber=1)[0] == ("AccessDeniedException", 403)
    by_arn = client.get_layer_version_by_arn
    assert refused(by_arn, Arn=f"{LAYER}:{name}:7") == (NOT_FOUND, MISSING)
    assert refused(by_arn, Arn=f"{LAYER}:{name}")[0] == VALIDATION
    publication = client.publish_layer_version
    assert refused(publication, LayerName=name, Content={"ZipFile": b"no zip"}) == (
        PARAMETER,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    )
    assert refused(publication, LayerName="no good", Content={"ZipFile": content()})[0] == (
        VALIDATION
    )
    signed = client.get_layer_version(LayerName=name, VersionNumber=1)["Content"]["Location"]
    client.delete_layer_version(LayerName=name, VersionNumber=1)
    with pytest.raises(urllib.error.HTTPError) as gone:
        urllib.request.urlopen(signed)
    assert gone.value.code == 404
    gone.value.close()


def test_unknown_runtimes_and_architectures(shared_endpoint: LocalEndpoint, name: str) -> None:
    client = shared_endpoint.client()
    code, message = refused(
        client.publish_layer_version,
        LayerName=name,
        Content={"ZipFile": content()},
        CompatibleRuntimes=["python3.12", "perl"],
        CompatibleArchitectures=["mips"],
    )
    assert code == VALIDATION and message is not None
    assert message.startswith(
        "2 validation errors detected: Value '[python3.12, perl]' at 'compatibleRuntimes' failed "
        "to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, python3.14, "
    )
    assert message.endswith(
        "; Value '[mips]' at 'compatibleArchitectures' failed to satisfy constraint: Member must "
        "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], "
        "Member must not be null]"
    )
    code, message = refused(client.list_layers, CompatibleRuntime="perl")
    assert code == VALIDATION and message is not None
    assert message.startswith(
        "1 validation error detected: Value 'perl' at 'compatibleRuntime' failed to satisfy "
        "constraint: Member must satisfy enum value set: [ruby3.5, ruby2.6, "
    )
    assert refused(client.list_layer_versions, LayerName=name, CompatibleArchitecture="mips") == (
        VALIDATION,
        "1 validation error detected: Value 'mips' at 'compatibleArchitecture' failed to satisfy "
        "constraint: Member must satisfy enum value set: [x86_64, arm64]",
    )
