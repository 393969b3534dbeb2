"""Unpacking archives that mean no good, and those that do."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from workbench.aws.code.download import unpack
from workbench.aws.errors import LambdaError


def archive(*members: tuple[str, int]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            zipped.writestr(info, "content")
    return file


@pytest.mark.parametrize("name", ["../out.py", "/etc/out", "a/../../out", "..\\out", "C:\\out"])
def test_nothing_leaves_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(LambdaError, match="leaves its folder"):
        unpack(archive((name, 0o644)), tmp_path / "code")
    assert not list(tmp_path.rglob("out*"))


def test_no_symbolic_links(tmp_path: Path) -> None:
    with pytest.raises(LambdaError, match="symbolic link"):
        unpack(archive(("link", stat.S_IFLNK | 0o777)), tmp_path / "code")


def test_executables_stay_executable(tmp_path: Path) -> None:
    unpack(archive(("bootstrap", 0o755), ("lib/a.py", 0o644)), tmp_path / "code")
    assert (tmp_path / "code" / "bootstrap").stat().st_mode & 0o111
    assert not (tmp_path / "code" / "lib" / "a.py").stat().st_mode & 0o111


def test_what_is_no_zip(tmp_path: Path) -> None:
    with pytest.raises(LambdaError, match="cannot be unpacked"):
        unpack(io.BytesIO(b"no zip"), tmp_path / "code")
