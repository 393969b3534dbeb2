"""Packages for AWS: what goes in, what is refused, whose name it was deployed under."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.project import dependencies, packaging
from workbench.project.packaging import PackagingError, build, of_archive, source_of
from workbench.project.records import FunctionSource
from workbench.project.state_dir import StateDir


@pytest.fixture
def source(tmp_path: Path) -> FunctionSource:
    code = tmp_path / "echo"
    code.mkdir()
    (code / "app.py").write_text("def handler(event, context): return event\n")
    (code / "run.sh").write_text("#!/bin/sh\n")
    (code / "run.sh").chmod(0o700)
    (code / "__pycache__").mkdir()
    (code / "__pycache__" / "app.pyc").write_bytes(b"x")
    return FunctionSource("Echo", "python3.13", "app.handler", code, tmp_path / "template.yaml")


def members(archive: bytes) -> dict[str, int]:
    """The files of a zip with their permission bits."""
    with zipfile.ZipFile(io.BytesIO(archive)) as contents:
        return {each.filename: each.external_attr >> 16 & 0o777 for each in contents.infolist()}


def test_the_same_files_make_the_same_package(source: FunctionSource, tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    package = build(source, state, lambda words: None)
    assert members(package.archive) == {"app.py": 0o644, "run.sh": 0o755}
    os.utime(source.code / "app.py", (1, 1))
    again = build(source, state, lambda words: None)
    assert again == package
    assert (package.files, package.installed, package.unzipped) == (2, 0, 52)
    assert of_archive(package.archive).sha256 == package.sha256


def test_dependencies_are_installed_and_the_own_files_win(
    source: FunctionSource, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    (library / "helper").mkdir(parents=True)
    (library / "helper" / "__init__.py").write_text("A = 1\n")
    (library / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (source.code / "requirements.txt").write_text("anything\n")
    state = StateDir(tmp_path)
    wanted = dependencies.needed(source, state)
    if wanted is None:
        pytest.skip("no Python 3.13 here")
    for name in ("helper/__init__.py", "app.py", "bin/tool", "helper/fast.so"):
        file = wanted.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("installed")
    package = build(replace(source, architecture="riscv"), state, lambda words: None)
    assert set(members(package.archive)) == {
        "app.py", "run.sh", "requirements.txt", "helper/__init__.py", "helper/fast.so",
    }  # fmt: skip
    assert package.installed == 2
    with zipfile.ZipFile(io.BytesIO(package.archive)) as contents:
        assert contents.read("app.py").startswith(b"def handler")
    assert "Compiled files (1, such as helper/fast.so)" in package.warnings[0]


def test_what_cannot_be_packed(
    source: FunctionSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateDir(tmp_path)
    with pytest.raises(PackagingError, match="is a container image"):
        build(replace(source, image_uri="img:1"), state, lambda words: None)
    with pytest.raises(PackagingError, match="There is no folder"):
        build(replace(source, code=tmp_path / "gone"), state, lambda words: None)
    with pytest.raises(PackagingError, match="is no zip"):
        of_archive(b"text")
    monkeypatch.setattr(packaging, "MAX_ZIPPED", 10)
    with pytest.raises(PackagingError, match="from an S3 bucket only"):
        build(source, state, lambda words: None)


def test_names_that_cloudformation_made(source: FunctionSource) -> None:
    assert source_of("Echo", [source]) is source
    assert source_of("shop-prod-Echo-1AB2CD3EF4GH", [source]) is source
    assert source_of("shop-Other-1AB2CD3EF4GH", [source]) is None
