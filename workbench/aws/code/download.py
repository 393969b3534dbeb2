"""Downloading a function's zip and unpacking it, trusting nothing in it."""

from __future__ import annotations

import contextlib
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from workbench.aws.errors import LambdaError

# Lambda's own limit for an unzipped package (lambda-facts §10.1).
MAX_UNZIPPED = 262_144_000


def download(location: str, destination: Path, *, direct: bool = False) -> Path:
    """Download the zip at `location` and unpack it as the folder `destination`, replacing it.

    `direct` goes past any proxy. Raises LambdaError for an archive that is damaged, too large or
    reaches outside its folder and for what the network refuses, OSError for the disk.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".download-") as scratch:
        with tempfile.TemporaryFile(dir=scratch) as file:
            fetch(location, file, direct=direct)
            unpacked = Path(scratch) / "code"
            unpack(file, unpacked)
        if destination.is_dir():
            destination.rename(Path(scratch) / "old")
        unpacked.rename(destination)
    return destination


def fetch(location: str, file: IO[bytes], *, direct: bool = False) -> None:
    """Write the zip at `location` into `file`, as it is. `direct` goes past any proxy.

    Raises LambdaError for what the network refuses, OSError for the disk.
    """
    # Late: urllib.request costs 25 ms.
    import urllib.request
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.parse import urlsplit

    handlers = [urllib.request.ProxyHandler({})] if direct else []
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(location, timeout=60) as response:
            shutil.copyfileobj(response, file)
    except (URLError, HTTPException, ConnectionError, TimeoutError) as error:
        # It is not Lambda that is asked: packages are in a bucket of AWS's.
        where, reason = urlsplit(location).hostname, getattr(error, "reason", error)
        if isinstance(error, HTTPError):
            reason = f"it answers {error.code} {error.reason}"
        elif isinstance(reason, OSError) and reason.strerror:
            reason = reason.strerror
        raise LambdaError(
            "Download", f"The package cannot be downloaded from {where}: {reason}"
        ) from error


@contextlib.contextmanager
def reads_as_zip() -> Iterator[None]:
    """Turn what zipfile raises inside the block into LambdaError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise LambdaError("BadZipFile", f"The package cannot be unpacked: {error}") from error


def unpack(archive: IO[bytes], folder: Path) -> None:
    """Unpack a zip into the new folder `folder`, with its files' permission bits.

    Raises LambdaError for an archive that is damaged, too large or reaches outside its folder.
    """
    folder.mkdir()
    with reads_as_zip(), zipfile.ZipFile(archive) as zipped:
        members = zipped.infolist()
        if sum(member.file_size for member in members) > MAX_UNZIPPED:
            raise LambdaError("CodeSize", "The package is larger than Lambda allows (250 MB)")
        for member in members:
            _check(member)
            path = Path(zipped.extract(member, folder))
            mode = member.external_attr >> 16
            if not member.is_dir() and mode & 0o111:
                path.chmod(0o755)


def _check(member: zipfile.ZipInfo) -> None:
    parts = member.filename.replace("\\", "/").split("/")
    if ".." in parts or member.filename.startswith(("/", "\\")) or ":" in parts[0]:
        raise LambdaError(
            "UnsafePath", f"The package was not unpacked: {member.filename!r} leaves its folder"
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise LambdaError(
            "UnsafePath", f"The package was not unpacked: {member.filename!r} is a symbolic link"
        )
