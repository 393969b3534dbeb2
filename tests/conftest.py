"""Fixtures that tests of several folders share."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint_lab import LocalEndpoint, local_lambda
from hypothesis import settings

# Functions have a /tmp of their own: files by which they and a test tell each other something
# must be elsewhere.
if Path("/var/tmp").is_dir():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", "/var/tmp")

# Tests start our programs hundreds of times: where Python may keep no bytecode, each start would
# compile all of them anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Started in the background of a shell, a process ignores ctrl+c, and so would all it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# A machine that others use is no mistake of ours.
settings.register_profile("suite", settings.default, max_examples=50, deadline=None)
settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """The tests that were collected are no garbage: they are not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(optionalhook=True)  # also without pytest-xdist
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: tests wait for other processes much of their time, so there is one worker more
    than there are processors."""
    return (os.cpu_count() or 1) + 1


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
