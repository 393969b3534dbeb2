"""Reading two versions of a function to compare them. For worker threads only."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from workbench.aws.code.diff import FileChange, diff_packages
from workbench.ui.backend import Backend

# What differs between any two versions, or is told by the files.
_NOT_COMPARED = frozenset(
    ["CodeSha256", "CodeSize", "Description", "FunctionArn", "LastModified", "LastUpdateStatus",
     "LastUpdateStatusReason", "LastUpdateStatusReasonCode", "MasterArn", "RevisionId", "State",
     "StateReason", "StateReasonCode", "Version"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """The configurations of both versions, and the files that differ. `no_code` says why the
    code cannot be compared; "" when it was."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    files: list[FileChange]
    no_code: str = ""

    @property
    def settings_differ(self) -> bool:
        """Whether the configurations do."""
        return self.old != self.new

    def settings(self, key: str) -> tuple[str, str]:
        """Both configurations as JSON. Values of environment variables are hidden, but for
        whether they changed, if a `key` shows them."""
        old, new = self.old, self.new
        if key:
            old, new = _masked(old, new, "before", key), _masked(new, old, "after", key)
        return json.dumps(old, indent=2), json.dumps(new, indent=2)


def compare_versions(backend: Backend, function: str, old: str, new: str) -> VersionDiff:
    """Read and compare two versions; equal code is not downloaded. Raises LambdaError."""
    client = backend.client
    with ThreadPoolExecutor(2) as both:
        before, after = both.map(
            lambda version: client.configuration(function, version), (old, new)
        )
        settings = (_compared(before), _compared(after))
        if before.get("CodeSha256") == after.get("CodeSha256"):
            return VersionDiff(*settings, [])
        if "Image" in (before.get("PackageType"), after.get("PackageType")):
            return VersionDiff(*settings, [], "container images are not compared")
        with tempfile.TemporaryFile() as one, tempfile.TemporaryFile() as two:
            list(both.map(client.fetch_code, (function, function), (old, new), (one, two)))
            return VersionDiff(*settings, diff_packages(one, two))


def no_text(change: FileChange) -> tuple[str, str]:
    """What to compare of a file whose text is not: its sizes and permissions."""

    def words(size: int | None, mode: int | None) -> str:
        if size is None or mode is None:
            return ""
        return f"{size:,} bytes, mode {mode & 0o777:o}"

    return words(change.old_size, change.old_mode), words(change.new_size, change.new_mode)


def _compared(configuration: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in configuration.items() if key not in _NOT_COMPARED}


def _masked(
    settings: Mapping[str, Any], other: Mapping[str, Any], side: str, key: str
) -> dict[str, Any]:
    variables = settings.get("Environment", {}).get("Variables")
    if not variables:
        return dict(settings)
    others = other.get("Environment", {}).get("Variables", {})
    hidden = {
        name: f"••• ({side}; {key} shows it)" if others.get(name, value) != value else "•••"
        for name, value in variables.items()
    }
    return {**settings, "Environment": {**settings["Environment"], "Variables": hidden}}
