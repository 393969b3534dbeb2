"""A local Lambda whose long waits are short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from endpoint_lab import LocalEndpoint, local_lambda


@pytest.fixture(scope="session")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """One for all tests of a worker: every wait is a twentieth of what it is."""
    with local_lambda(tmp_path_factory.mktemp("sources"), time_scale=20) as endpoint:
        yield endpoint
