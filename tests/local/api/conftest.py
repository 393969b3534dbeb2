"""A local Lambda with something in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from endpoint_lab import LocalEndpoint

pytest.register_assert_rewrite("errors_lab")  # so that a difference is shown


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


@pytest.fixture
def name() -> str:
    """A name for a layer, which no other test has taken."""
    return f"layer-{uuid.uuid4().hex[:12]}"
