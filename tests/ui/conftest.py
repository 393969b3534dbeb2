"""A project with real functions, for the tests of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from screen_lab import BROKEN, ECHO, SLOW, end_server


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A folder with three Python functions: echo, slow and broken. Its server is ended after."""
    root = tmp_path / "shop"
    for name, code in (("echo", ECHO), ("slow", SLOW), ("broken", BROKEN)):
        (root / name).mkdir(parents=True)
        (root / name / "app.py").write_text(code)
    (root / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n"
        + "".join(
            f"  {name.capitalize()}:\n    Type: AWS::Serverless::Function\n    Properties:\n"
            f"      CodeUri: {name}/\n      Handler: app.handler\n      Runtime: python3.13\n"
            "      Timeout: 30\n"
            for name in ("echo", "slow", "broken")
        )
    )
    yield root
    end_server(root)
