"""Shareable test events, as Lambda's console and SAM keep them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from schemas_lab import SchemaRegistry, schema_registry

from workbench.aws.errors import LambdaError
from workbench.aws.records import Target
from workbench.aws.shareable_events import REGISTRY, ShareableEvents, schema_name


@pytest.fixture
def lab() -> Iterator[SchemaRegistry]:
    with schema_registry() as lab:
        yield lab


@pytest.fixture
def shared(lab: SchemaRegistry) -> ShareableEvents:
    return ShareableEvents(Target("local", "us-east-1", "123456789012", endpoint_url=lab.url))


def test_the_first_event_makes_registry_and_schema(
    lab: SchemaRegistry, shared: ShareableEvents
) -> None:
    assert shared.events("Echo") == {}
    shared.save("Echo", "one", '{"word": "a", "n": 1.50}')
    assert list(lab.registries) == [REGISTRY] == ["lambda-testevent-schemas"]
    document = lab.content(REGISTRY, "_Echo-schema")
    assert document["openapi"] == "3.0.0"
    assert document["components"]["examples"] == {"one": {"value": {"word": "a", "n": 1.5}}}
    assert document["components"]["schemas"]["Event"]["properties"].keys() == {"word", "n"}
    assert shared.events("Echo") == {"one": {"word": "a", "n": 1.5}}


def test_events_of_others_stay_and_five_versions_are_kept(
    lab: SchemaRegistry, shared: ShareableEvents
) -> None:
    shared.save("Echo", "one", "{}")
    document = lab.content(REGISTRY, schema_name("Echo"))
    document["components"]["examples"]["console"] = {"value": [1], "x": "kept"}
    lab.registries[REGISTRY][schema_name("Echo")][2] = json.dumps(document)
    for number in range(6):
        shared.save("Echo", f"n{number}", json.dumps({"n": number}))
    with pytest.raises(LambdaError, match="already has a shareable event “one”"):
        shared.save("Echo", "one", "[]")
    shared.save("Echo", "one", "[]", replace=True)
    assert len(shared.events("Echo")) == 8
    versions = lab.registries[REGISTRY][schema_name("Echo")]
    assert sorted(versions) == [5, 6, 7, 8, 9]
    examples = lab.content(REGISTRY, schema_name("Echo"))["components"]["examples"]
    assert examples["console"] == {"value": [1], "x": "kept"}


def test_the_schema_goes_with_its_last_event(lab: SchemaRegistry, shared: ShareableEvents) -> None:
    shared.save("Echo", "one", "{}")
    shared.save("Echo", "two", "{}")
    shared.delete("Echo", "one")
    assert list(shared.events("Echo")) == ["two"]
    shared.delete("Echo", "two")
    assert lab.registries == {REGISTRY: {}}
    with pytest.raises(LambdaError, match="has no shareable event “two”"):
        shared.delete("Echo", "two")


def test_faults_are_sentences(lab: SchemaRegistry, shared: ShareableEvents) -> None:
    lab.registries[REGISTRY] = {schema_name("Odd"): {1: "{}"}}
    with pytest.raises(LambdaError, match="no OpenAPI document with components"):
        shared.events("Odd")
    lab.offered = False
    with pytest.raises(LambdaError, match="has no EventBridge schema registry") as caught:
        shared.events("Echo")
    assert caught.value.code == "NoSchemaRegistry"
    assert "Saved events are files of the project" in str(caught.value)
