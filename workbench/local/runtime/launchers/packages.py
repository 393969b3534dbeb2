"""boto3 for Python functions, as AWS's runtime carries it in /var/runtime.

The copy that the workbench itself runs on is shared, package by package, through a folder of
links: nothing else of our environment becomes visible to a function.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path

PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")


@functools.cache
def sources() -> dict[str, Path]:
    """The packages' folders and files on this machine, by file name."""
    found: dict[str, Path] = {}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            source = Path(spec.origin)
            source = source.parent if spec.submodule_search_locations else source
            found[source.name] = source
    return found


def aws_packages(minor: str, folder: Path) -> Path | None:
    """A folder for the end of sys.path with boto3 and what it needs, pure Python throughout.

    None when the boto3 at hand does not run on Python `minor` ("3.12").
    """
    import importlib.metadata  # Late: with `email` it takes 9 ms, and not all functions are Python.

    required = importlib.metadata.metadata("botocore")["Requires-Python"] or ""
    oldest = re.search(r">=\s*3\.(\d+)", required)
    if oldest and int(minor.split(".")[1]) < int(oldest[1]):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in sources().items():
        link = folder / name
        if link.is_symlink() and link.readlink() == source:
            continue
        link.unlink(missing_ok=True)
        try:
            link.symlink_to(source)
        except FileExistsError:
            continue  # another server of this project was quicker
    return folder
