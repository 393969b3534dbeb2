"""Fixtures that tests of several folders share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint_lab import LocalEndpoint, local_lambda


@pytest.fixture(scope="session")
def shared_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """One local Lambda for all tests of a worker that only look at functions they made."""
    with local_lambda(tmp_path_factory.mktemp("endpoint")) as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[LocalEndpoint]:
    """A local Lambda of the test's own, with an empty state."""
    with local_lambda(tmp_path / "project") as endpoint:
        yield endpoint
