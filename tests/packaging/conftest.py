"""What packaging tests share: the repository, and a wheel of it installed on its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# `tests.benchmarks.terminal` is found from the root, however pytest was started.
sys.path.insert(0, str(REPOSITORY))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a virtual environment that has our wheel, and no checkout.

    Third-party packages are this environment's own, seen through a .pth file: nothing is fetched.
    """
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, REPOSITORY)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    _run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "-q"),
        *("--no-deps", "--no-index", "--no-compile", wheel),
    )
    (site_packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    paths = {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    (site_packages / "dependencies.pth").write_text("\n".join(sorted(paths)) + "\n")
    return python.parent


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, with nothing in the environment that leads to the checkout."""
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*args: str | Path) -> None:
    done = subprocess.run(
        [str(arg) for arg in args], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stdout + done.stderr
