"""Who imports whom: the contracts of pyproject.toml, and what an import costs at start-up."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

# Imports every module of a package, prints the top-level packages that are loaded then.
WALK = """
import importlib, json, pkgutil, sys
names = sys.argv[1].split()
for name in names:
    module = importlib.import_module(name)
    for each in pkgutil.walk_packages(getattr(module, "__path__", ()), name + "."):
        # A bootstrap is a program for the function's own Python, not a module of ours.
        if ".bootstraps" not in each.name:
            importlib.import_module(each.name)
print(json.dumps(sorted(sys.modules)))
"""


def loaded(code: str, *args: str, cwd: Path) -> set[str]:
    """The modules that a fresh Python has loaded after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=cwd, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.skipif(
    importlib.util.find_spec("importlinter") is None,
    reason="import-linter (the `check` extra) isn't installed",
)
def test_the_import_contracts_hold(repository: Path) -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=repository, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "package",
    ["workbench.cli", "workbench.aws", "workbench.local", "workbench.project", "workbench.samples"],
)
def test_only_the_screen_imports_textual(repository: Path, package: str) -> None:
    assert "textual" not in loaded(WALK, package, cwd=repository)


def test_the_screen_imports_no_sdk_and_no_local_lambda(repository: Path) -> None:
    modules = loaded(WALK, "workbench.ui", cwd=repository)
    assert not {"boto3", "botocore", "workbench.local"} & modules


def test_the_local_lambda_starts_without_boto3(repository: Path) -> None:
    assert "boto3" not in loaded(WALK, "workbench.local", cwd=repository)


def test_help_loads_nothing_heavy(repository: Path) -> None:
    code = """
import contextlib, io, json, sys
from workbench.__main__ import main
sys.argv = ["workbench", "--help"]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(json.dumps(sorted(sys.modules)))
"""
    modules = loaded(code, cwd=repository)
    heavy = {"textual", "boto3", "botocore", "watchfiles", "yaml", "asyncio", "pygments"}
    assert not heavy & modules
