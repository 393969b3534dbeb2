"""Deployments on disk, so that one can be gone on with after a restart: `.workbench/deployments/`.

One JSON file each, written whole at every step. A process that carries one out holds its lock.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.aws.deploying.traffic_shifting import CONFIGURATIONS, Deployment
from workbench.aws.errors import LambdaError
from workbench.project.files import exclusive, write_atomically
from workbench.project.state_dir import StateDir

_KEPT = 100


class Deployments:
    """The deployments of the project in `root`."""

    def __init__(self, root: Path) -> None:
        self._state = StateDir(root)

    @property
    def _folder(self) -> Path:
        return self._state.path / "deployments"

    def save(self, deployment: Deployment) -> None:
        """Write how far it has come. Raises OSError."""
        text = json.dumps(asdict(deployment), indent=1, ensure_ascii=False)
        write_atomically(self._folder / f"{deployment.id}.json", text + "\n")

    def all(self, target: str, function: str | None = None) -> list[Deployment]:
        """Those of a target (`Target.key`), and of one function or all, the newest first.

        What cannot be read is left out; finished ones beyond the newest hundred are removed.
        """
        found = []
        files = self._folder.glob("d-*.json") if self._state.exists else ()
        for file in files:
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                found.append(_read(file.read_text(encoding="utf-8")))
        found.sort(key=lambda each: each.created, reverse=True)
        for old in found[_KEPT:]:
            if old.status != "InProgress":
                (self._folder / f"{old.id}.json").unlink(missing_ok=True)
                (self._folder / f"{old.id}.lock").unlink(missing_ok=True)
        return [
            each for each in found if each.target == target and function in (None, each.function)
        ]

    def unfinished(self, target: str) -> list[Deployment]:
        """Those of a target that are in progress, whether somebody carries them out or not."""
        return [each for each in self.all(target) if each.status == "InProgress"]

    def newest(self, deployment: Deployment) -> Deployment:
        """How far it has come by now. Raises OSError, and ValueError for a damaged file."""
        return _read((self._folder / f"{deployment.id}.json").read_text(encoding="utf-8"))

    @contextlib.contextmanager
    def held(self, deployment: Deployment) -> Iterator[None]:
        """Be the only one who carries it out. Raises LambdaError when another process does."""
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(exclusive(self._folder / f"{deployment.id}.lock", 0))
            except TimeoutError:
                raise LambdaError(
                    "DeploymentHeld",
                    f"Another screen or command carries out {deployment.id} already",
                ) from None
            yield


def _read(text: str) -> Deployment:
    values: dict[str, Any] = json.loads(text)
    values["said"] = tuple((float(at), str(words)) for at, words in values["said"])
    values["alarms"] = tuple(map(str, values.get("alarms", ())))
    values["counted_before"] = tuple(map(int, values["counted_before"]))
    if values["configuration"] not in CONFIGURATIONS:
        raise ValueError(values["configuration"])
    return Deployment(**values)
