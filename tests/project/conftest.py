"""A project to put templates in."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose `src/` and `other/` have an app.py with `handler`."""
    for folder in ("src", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").write_text("def handler(event, context): return event\n")
    return tmp_path
