"""A laboratory for each test: see runtime_lab."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from extensions_lab import Told
from runtime_lab import Lab


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    lab = Lab(tmp_path)
    yield lab
    await lab.runtime.stop()
    assert lab.runtime.environments() == []


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """What the extension in extensions/recorder.py is told."""
    return Told(tmp_path / "told.jsonl")
