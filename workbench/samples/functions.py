"""The sample projects that `workbench demo` opens: SAM templates, code and saved events."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workbench.shipped import shipped

BASICS = "basics"
"""The project for a first look; the others are one application each."""

# How a sample's README says which function shows the sample.
_DEMO = re.compile(r"\*\*(\w+)\*\* \(`ctrl\+j`\)")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".workbench", "node_modules")


@dataclass(frozen=True, slots=True)
class SampleProject:
    """A project: the name it is asked for by, its folder (read only), and a sentence on it."""

    name: str
    folder: Path
    summary: str


def sample_projects() -> tuple[SampleProject, ...]:
    """All sample projects, the basics first, the others by name."""
    folders = [path for path in (shipped("samples") / "functions").iterdir() if path.is_dir()]
    folders.sort(key=lambda folder: (folder.name != BASICS, folder.name))
    return tuple(SampleProject(folder.name, folder, _summary(folder)) for folder in folders)


def sample_functions(name: str = BASICS) -> Path:
    """Return the folder of a sample project: template, code and saved events. Read only.

    Raises KeyError for a name that sample_projects() has not.
    """
    return {project.name: project.folder for project in sample_projects()}[name]


def demo_function(root: Path) -> str | None:
    """The function whose invocation shows what a sample application does, by the README of its
    folder `root`; None for a project that names none."""
    readme = root / "README.md"
    try:
        found = _DEMO.search(readme.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return found[1] if found is not None else None


def copy_sample_functions(destination: Path, name: str = BASICS) -> Path:
    """Copy a sample project to `destination`, a folder of the user's, and return it.

    A folder with anything in it stays as it is: its files may have been edited. The copy appears
    whole or not at all. Raises KeyError for a name that sample_projects() has not,
    NotADirectoryError when destination is a file, and OSError when it cannot be written.
    """
    source = sample_functions(name)
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
        shutil.copytree(source, copy, ignore=_NOT_COPIED, copy_function=shutil.copyfile)
        for folder in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        for bootstrap in copy.rglob("bootstrap"):
            bootstrap.chmod(0o755)
        copy.rename(destination)
    return destination


def _summary(folder: Path) -> str:
    """The first paragraph of the project's README, on one line."""
    paragraphs = (folder / "README.md").read_text(encoding="utf-8").split("\n\n")
    return " ".join(paragraphs[1].split())
