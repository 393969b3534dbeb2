"""A function's package, downloaded and unpacked to be read."""

from __future__ import annotations

import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from workbench.aws.errors import LambdaError

_SECONDS = 60


def download(location: str, destination: Path) -> Path:
    """Fetch the zip at `location` and unpack it to `destination`, which is replaced.

    Nothing is written outside `destination`, whatever the zip's names say. Raises LambdaError.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as folder:
        package, fresh = Path(folder, "code.zip"), Path(folder, "code")
        try:
            with (
                urllib.request.urlopen(location, timeout=_SECONDS) as source,
                package.open("wb") as copy,
            ):
                shutil.copyfileobj(source, copy)
            with zipfile.ZipFile(package) as archive:
                archive.extractall(fresh)  # drops "..", roots and drives from names
        except urllib.error.URLError as error:
            raise LambdaError(
                "Download", f"The code cannot be downloaded: {error.reason}"
            ) from None
        except (zipfile.BadZipFile, OSError) as error:
            raise LambdaError("Download", f"The code cannot be unpacked: {error}") from None
        shutil.rmtree(destination, ignore_errors=True)
        fresh.rename(destination)
    return destination
