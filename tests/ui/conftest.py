"""Projects with real functions, for the tests of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_lab import AwsLab, aws_lab, configure
from screen_lab import FUNCTIONS, end_server, make_project

from workbench.project import server_process


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A folder with the functions Echo, Slow and Broken, to change. Its server is ended after."""
    root = tmp_path / "shop"
    make_project(root)
    yield root
    end_server(root)


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("screens") / "shop"
    make_project(root)
    server_process.ensure(root)
    yield root
    end_server(root)


@pytest.fixture
def shop(_served: Path) -> Path:
    """The same folder for all tests of a worker that change no code, its local Lambda running.

    What the screen remembers is forgotten; the history may hold what others have invoked.
    """
    (_served / ".workbench" / "ui.json").unlink(missing_ok=True)
    return _served


@pytest.fixture(scope="session")
def _account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsLab]:
    with aws_lab(tmp_path_factory.mktemp("aws") / "account") as lab:
        for name, code in FUNCTIONS.items():
            lab.create(name.capitalize(), {"app.py": code})
        yield lab


@pytest.fixture
def aws(_account: AwsLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AwsLab:
    """An AWS account with the functions of `shop`, calm, and the profile that leads to it; see
    `Hands.goes_to_aws`. What tests change in it stays."""
    _account.calm()
    configure(_account, tmp_path / "aws", monkeypatch)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return _account


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "no-config"))
