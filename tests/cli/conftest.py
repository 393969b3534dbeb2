"""A project for the commands, with a local Lambda."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_shell import APP, TEMPLATE

from workbench.aws.workbench_surface import WorkbenchSurface
from workbench.project import server_process


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project whose local Lambda is started by the first command that needs it."""
    root = tmp_path_factory.mktemp("shop")
    (root / "src").mkdir()
    (root / "src" / "app.py").write_text(APP)
    (root / "template.yaml").write_text(TEMPLATE)
    saved = root / "events" / "Echo"
    saved.mkdir(parents=True)
    (saved / "mine.json").write_text('{"saved": true}')
    (saved / "s3-put.json").write_text('{"mine": "wins"}')
    (saved / "half.json").write_text('{"a":\n  }')
    yield root
    info = server_process.running(root)
    if info is not None:
        WorkbenchSurface(info.url).shutdown()


@pytest.fixture
def url(shop: Path) -> str:
    """Asked for anew by each test: a local Lambda that nobody uses for a while ends."""
    return server_process.ensure(shop).url
