"""What differs between the code of two packages, file by file. Nothing is unpacked to disk."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Literal

from workbench.aws.code.download import MAX_UNZIPPED, reads_as_zip
from workbench.aws.errors import LambdaError

Kind = Literal["added", "removed", "changed", "mode"]

MAX_TEXT = 1_000_000
"""Bytes of a file up to which its text is read."""

_ALL_TEXTS = 32_000_000
_LOOKED_AT = 8_000  # bytes in which a NUL tells that a file is no text


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that is not the same in both packages. Sizes in bytes, None where it is not there.

    `old_text` and `new_text` are what it says; None where it is not there, and both None when
    one of them is no text (UTF-8) or large: `is_text` is False then. A change of kind "mode" is
    one of the permission bits alone.
    """

    path: str
    kind: Kind
    old_size: int | None = None
    new_size: int | None = None
    old_text: str | None = None
    new_text: str | None = None
    is_text: bool = True
    old_mode: int | None = None
    new_mode: int | None = None


def diff_packages(old: IO[bytes], new: IO[bytes]) -> list[FileChange]:
    """The files that differ between two zip archives, by path; [] when all are the same.

    Files are the same when size, checksum (CRC-32) and executable bit are: times, order and
    compression do not count. Raises LambdaError for an archive that is damaged or too large.
    """
    with reads_as_zip(), zipfile.ZipFile(old) as before, zipfile.ZipFile(new) as after:
        return _diff(before, after)


def _diff(before: zipfile.ZipFile, after: zipfile.ZipFile) -> list[FileChange]:
    gone, come = _files(before), _files(after)
    changes = []
    budget = _ALL_TEXTS
    for path in sorted(gone.keys() | come.keys()):
        old, new = gone.get(path), come.get(path)
        kind = _kind(old, new)
        if kind is None:
            continue
        size = max(member.file_size for member in (old, new) if member)
        texts: tuple[str | None, str | None] | None = None
        if kind == "mode":
            texts = (None, None)
        elif size <= min(MAX_TEXT, budget):
            texts = _texts(before, old, after, new)
            budget -= size
        changes.append(
            FileChange(
                path,
                kind,
                old.file_size if old else None,
                new.file_size if new else None,
                *(texts or (None, None)),
                is_text=texts is not None,
                old_mode=_mode(old) if old else None,
                new_mode=_mode(new) if new else None,
            )
        )
    return changes


def _files(package: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    members = [member for member in package.infolist() if not member.is_dir()]
    if sum(member.file_size for member in members) > MAX_UNZIPPED:
        raise LambdaError("CodeSize", "The package is larger than Lambda allows (250 MB)")
    return {member.filename: member for member in members}


def _kind(old: zipfile.ZipInfo | None, new: zipfile.ZipInfo | None) -> Kind | None:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if (old.file_size, old.CRC) != (new.file_size, new.CRC):
        return "changed"
    return "mode" if _mode(old) != _mode(new) else None


def _mode(member: zipfile.ZipInfo) -> int:
    """Its permissions as Lambda has them: what is executable for anybody is for all."""
    bits = member.external_attr >> 16
    if stat.S_ISLNK(bits):
        return stat.S_IFLNK | 0o777
    return 0o755 if bits & 0o111 else 0o644


def _texts(
    before: zipfile.ZipFile,
    old: zipfile.ZipInfo | None,
    after: zipfile.ZipFile,
    new: zipfile.ZipInfo | None,
) -> tuple[str | None, str | None] | None:
    try:
        return (
            _text(before.read(old)) if old else None,
            _text(after.read(new)) if new else None,
        )
    except (ValueError, zlib.error):
        return None


def _text(content: bytes) -> str:
    if b"\0" in content[:_LOOKED_AT]:
        raise ValueError("no text")
    return content.decode()
