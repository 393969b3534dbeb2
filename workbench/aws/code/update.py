"""Updating a function's code, and going back to the code before (lambda-facts §4.4).

What an update replaces is kept in `.workbench/previous/`, one package for each function of each
target; going back keeps, in turn, what it replaced.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.aws.code.diff import FileChange, diff_packages
from workbench.aws.errors import LambdaError
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import Function
from workbench.project.files import write_atomically
from workbench.project.packaging import Package, of_archive


@dataclass(frozen=True, slots=True)
class Plan:
    """What an update will do: `package` takes the place of `deployed`, the zip that is there."""

    function: Function
    package: Package
    deployed: bytes
    changes: tuple[FileChange, ...]

    def count(self, *kinds: str) -> int:
        """How many files change in these ways."""
        return sum(change.kind in kinds for change in self.changes)


@dataclass(frozen=True, slots=True)
class Previous:
    """The code that was there before the last change made from here. `replaced` is the
    CodeSha256 of what took its place, `when` epoch seconds."""

    archive: Path
    replaced: str
    when: float


def plan(client: LambdaClient, name: str, package: Package) -> Plan:
    """Compare a package with what is deployed as $LATEST of `name`. Raises LambdaError."""
    function = client.function(name)
    deployed = io.BytesIO()
    client.fetch_code(name, None, deployed)
    changes = diff_packages(deployed, io.BytesIO(package.archive))
    return Plan(function, package, deployed.getvalue(), tuple(changes))


def update(
    client: LambdaClient, wanted: Plan, folder: Path, on_progress: Callable[[str], None]
) -> Function:
    """Do it, and wait until the function is active; what is replaced is kept in `folder` first.

    Changes nothing if the function has changed since the plan was made. Raises LambdaError (also
    when the function does not become active) and OSError.
    """
    function, package = wanted.function, wanted.package
    archive = _archive(client, function.name, folder)
    kept = _keep(wanted.deployed, archive)
    on_progress(f"Uploading {len(package.archive) / 1024:,.0f} KB …")
    client.update_code(function.name, package.archive, function.revision_id)
    kept.replace(archive)
    about = {"replaced": package.sha256, "when": time.time()}
    write_atomically(archive.with_suffix(".json"), json.dumps(about))

    def tell(now: Function) -> None:
        on_progress(f"◌ {now.state or 'Active'}, last update {now.last_update_status} …")

    return client.wait_active(function.name, timeout=300, on_look=tell)


def previous(client: LambdaClient, name: str, folder: Path) -> Previous | None:
    """The code to go back to, kept in `folder`; None when nothing was changed from here."""
    archive = _archive(client, name, folder)
    try:
        about = json.loads(archive.with_suffix(".json").read_bytes())
        found = Previous(archive, str(about["replaced"]), float(about["when"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if archive.is_file() else None


def previous_package(kept: Previous) -> Package:
    """What `previous` found, as a package. Raises PackagingError and OSError."""
    return of_archive(kept.archive.read_bytes())


def _keep(deployed: bytes, archive: Path) -> Path:
    """Write what will be replaced beside `archive`, which stays until the update was accepted."""
    kept = archive.with_suffix(".next")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(deployed)
    except OSError as error:
        raise LambdaError(
            "PreviousCode",
            f"Nothing was updated, because the present code cannot be kept: {error}",
        ) from error
    return kept


def _archive(client: LambdaClient, name: str, folder: Path) -> Path:
    return folder / client.target.key.replace(":", "-") / f"{name}.zip"
