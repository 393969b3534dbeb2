"""Zip archives: taking one apart safely, and making the same bytes of the same folder.

Refused with AWS's texts (lambda-facts §4.6 no. 33): what is no zip, what unpacks to more than
262,144,000 bytes, and anything that would land outside the folder it is unpacked into.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from workbench.local.errors import ApiError, invalid_parameter
from workbench.project.code_files import files_of

MAX_ZIPPED = 52_428_800
MAX_UNZIPPED = 262_144_000
MAX_ENTRIES = 200_000
SIGNATURE = "META-INF/aws_signer_signature_v1.0.SF"


def _bad_zip() -> ApiError:
    return invalid_parameter(
        "Could not unzip uploaded file. Please check your file, then try to upload again."
    )


def too_big() -> ApiError:
    """Lambda's error for code that is too large unzipped (lambda-facts §10.1)."""
    return invalid_parameter(f"Unzipped size must be smaller than {MAX_UNZIPPED} bytes")


def unpack(archive: bytes, into: Path, limit: int = MAX_ZIPPED) -> None:
    """Unpack `archive`, at most `limit` bytes, into the new folder `into`. Raises ApiError,
    leaving no trace."""
    if len(archive) > MAX_UNZIPPED:
        raise too_big()
    if len(archive) > limit:
        raise ApiError(
            "RequestEntityTooLargeException", f"Zipped size must be smaller than {limit} bytes"
        )
    if not archive:
        raise invalid_parameter("Uploaded file must be a non-empty zip")
    into.mkdir(parents=True)
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as contents:
            _unpack_entries(contents, into)
    except ApiError:
        shutil.rmtree(into, ignore_errors=True)
        raise
    except (
        zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError,
        OverflowError,
    ) as error:  # fmt: skip
        shutil.rmtree(into, ignore_errors=True)
        raise _bad_zip() from error


def _unpack_entries(contents: zipfile.ZipFile, into: Path) -> None:
    entries = contents.infolist()
    if not entries:
        raise invalid_parameter("Uploaded file must be a non-empty zip")
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNZIPPED:
        raise too_big()
    links: list[tuple[Path, str]] = []
    for entry in entries:
        target = into.joinpath(*_safe_parts(entry.filename))
        mode = entry.external_attr >> 16
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(mode):
            links.append((target, contents.read(entry).decode("utf-8")))
            continue
        with contents.open(entry) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 18)
        target.chmod(0o644 | (mode & 0o111))
    # Links come last, so that no file is ever written through one.
    root = into.resolve()
    for target, destination in links:
        target.symlink_to(destination)
        if not target.resolve().is_relative_to(root):
            raise _bad_zip()
    for target, _ in links:
        if not target.resolve().is_relative_to(root):  # a later link may have moved an earlier one
            raise _bad_zip()


def unpacked_size(archive: Path) -> int:
    """Bytes of all files in an archive of the code store."""
    with zipfile.ZipFile(archive) as contents:
        return sum(entry.file_size for entry in contents.infolist())


def is_signed(archive: bytes) -> bool:
    """Whether AWS Signer has been at work on `archive`; whose signature it is, or whether it is
    right, only AWS can tell. What is no zip is not signed."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as contents:
            return SIGNATURE in contents.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def _safe_parts(name: str) -> tuple[str, ...]:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or "\0" in name:
        raise _bad_zip()
    return parts


def pack(folder: Path) -> bytes:
    """A zip of `folder` whose bytes depend on names, contents and executable bits alone.

    Raises ApiError when the folder is larger than Lambda takes.
    """
    buffer = io.BytesIO()
    total = 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as contents:
        for name, path in files_of(folder):
            try:
                mode = path.lstat().st_mode
                data = str(path.readlink()).encode() if stat.S_ISLNK(mode) else path.read_bytes()
            except OSError:
                continue  # gone since the folder was read
            total += len(data)
            if total > MAX_UNZIPPED:
                raise too_big()
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            permissions = 0o755 if mode & 0o111 else 0o644
            entry.external_attr = (stat.S_IFMT(mode) | permissions) << 16
            contents.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def stamp(folder: Path) -> str:
    """Changes whenever a file of `folder` does, without reading one."""
    digest = hashlib.sha1(usedforsecurity=False)
    for name, path in files_of(folder):
        try:
            found = path.lstat()
        except OSError:
            continue
        digest.update(f"{name}\0{found.st_mtime_ns}\0{found.st_size}\0{found.st_mode}\n".encode())
    return digest.hexdigest()
