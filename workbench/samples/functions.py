"""The sample functions: a runnable SAM project that `workbench demo` opens."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from workbench.shipped import shipped

_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".workbench", "node_modules")


def sample_functions() -> Path:
    """Return the folder of the sample functions: template, code and saved events. Read only."""
    return shipped("samples") / "functions"


def copy_sample_functions(destination: Path) -> Path:
    """Copy the sample functions to `destination`, a folder of the user's, and return it.

    A folder with anything in it stays as it is: its files may have been edited. The copy appears
    whole or not at all. Raises NotADirectoryError when destination is a file, and OSError when
    it cannot be written.
    """
    if destination.exists() and not destination.is_dir():
        raise NotADirectoryError(f"{destination} is a file: choose a folder for the samples")
    if destination.is_dir():
        if any(destination.iterdir()):
            return destination
        destination.rmdir()
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".samples-") as scratch:
        copy = Path(scratch) / "functions"
        # copyfile, not copy2: an installation may be read-only, the user's copy must not be.
        shutil.copytree(sample_functions(), copy, ignore=_NOT_COPIED, copy_function=shutil.copyfile)
        for folder in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        for bootstrap in copy.rglob("bootstrap"):
            bootstrap.chmod(0o755)
        copy.rename(destination)
    return destination
