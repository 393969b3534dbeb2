"""A function with versions, on a local Lambda that gives nothing else concurrency."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from endpoint_lab import LocalEndpoint, local_lambda
from provisioned_lab import Function


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """A local Lambda that the tests of a module share."""
    with local_lambda(tmp_path_factory.mktemp("provisioned")) as running:
        yield running


@pytest.fixture
def function(endpoint: LocalEndpoint) -> Iterator[Function]:
    """A function of the test's own, with version 1."""
    made = Function(endpoint)
    yield made
    made.client.delete_function(FunctionName=made.name)
