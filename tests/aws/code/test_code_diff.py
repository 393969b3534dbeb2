"""Two packages compared file by file."""

from __future__ import annotations

import io
import zipfile

import pytest

from workbench.aws.code.diff import FileChange, diff_packages
from workbench.aws.errors import LambdaError


def package(files: dict[str, bytes], *, executable: str = "", packed: bool = False) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o755 if name == executable else 0o640) << 16
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            zipped.writestr(info, content)
    return file


def test_files_are_added_removed_and_changed() -> None:
    old = package({"app.py": b"one\n", "gone.py": b"x", "same/b.py": b"b"})
    new = package({"same/b.py": b"b", "app.py": b"two\n", "come.py": b"y"}, packed=True)
    assert diff_packages(old, new) == [
        FileChange("app.py", "changed", 4, 4, "one\n", "two\n", True, 0o644, 0o644),
        FileChange("come.py", "added", None, 1, None, "y", True, None, 0o644),
        FileChange("gone.py", "removed", 1, None, "x", None, True, 0o644, None),
    ]


def test_order_compression_and_folders_make_no_difference() -> None:
    old = package({"a": b"a" * 99, "d/": b"", "b": b"b"})
    assert diff_packages(old, package({"b": b"b", "a": b"a" * 99}, packed=True)) == []


def test_what_is_no_text_has_sizes_only() -> None:
    [change] = diff_packages(package({"lib.so": b"\x7fELF\0"}), package({"lib.so": b"\xff\xfe"}))
    assert (change.is_text, change.old_text, change.old_size, change.new_size) == (
        False, None, 5, 2,
    )  # fmt: skip
    large = b"x" * 1_000_001
    [change] = diff_packages(package({}), package({"data.csv": large}))
    assert (change.kind, change.is_text) == ("added", False)


def test_a_file_that_became_executable() -> None:
    files = {"bootstrap": b"#!/bin/sh\n"}
    [change] = diff_packages(package(files), package(files, executable="bootstrap"))
    assert (change.kind, change.old_mode, change.new_mode) == ("mode", 0o644, 0o755)


def test_a_damaged_archive() -> None:
    with pytest.raises(LambdaError, match="cannot be unpacked"):
        diff_packages(io.BytesIO(b"no zip"), package({}))
