"""Packages of ours are compiled once for the Pythons that functions run on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workbench.local.runtime.launchers.bytecode import compile_for
from workbench.project.interpreters import Interpreter, interpreter_for


def another_python() -> Interpreter:
    """One that is not the one that runs this test."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    for minor in ("3.13", "3.12", "3.11", "3.10"):
        found = interpreter_for(f"python{minor}")
        if found is not None and found.exact and found.minor != own:
            return found
    pytest.skip("no other Python is on PATH")


def test_packages_are_compiled_once(tmp_path: Path) -> None:
    package, module = tmp_path / "package", tmp_path / "module.py"
    package.mkdir()
    for file in (package / "__init__.py", module):
        file.write_text("X = 1\n")
    (package / "broken.py").write_text("this is no Python")
    python = another_python()
    tag = f"cpython-{python.minor.replace('.', '')}"

    compiler = compile_for(python, [package, module])
    assert compiler is not None
    compiler.join()
    assert (package / "__pycache__" / f"__init__.{tag}.pyc").exists()
    assert (tmp_path / "__pycache__" / f"module.{tag}.pyc").exists()
    assert compile_for(python, [package, module]) is None
