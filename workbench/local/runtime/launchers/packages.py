"""boto3 for Python functions, as AWS's runtime carries it in /var/runtime.

The copy that the workbench itself runs on is shared, package by package, through a folder of
links: nothing else of our environment becomes visible to a function.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from pathlib import Path

PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")


def aws_packages(minor: str, folder: Path) -> Path | None:
    """A folder for the end of sys.path with boto3 and what it needs, pure Python throughout.

    None when the boto3 at hand does not run on Python `minor` ("3.12").
    """
    required = importlib.metadata.metadata("botocore")["Requires-Python"] or ""
    oldest = re.search(r">=\s*3\.(\d+)", required)
    if oldest and int(minor.split(".")[1]) < int(oldest[1]):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue
        source = Path(found.origin)
        if found.submodule_search_locations:
            source = source.parent
        link = folder / source.name
        if link.is_symlink() and link.readlink() == source:
            continue
        link.unlink(missing_ok=True)
        try:
            link.symlink_to(source)
        except FileExistsError:
            continue  # another server of this project was quicker
    return folder
