"""`workbench serve` as a process of its own: for tests that kill it or look at it from outside."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.endpoint_lab import Endpoint

ENDPOINT = "Lambda endpoint: "


@dataclass(kw_only=True)
class Served(Endpoint):
    """A local Lambda, its process and clients of it."""

    process: subprocess.Popen[str]


@contextmanager
def served(
    root: Path, *options: str, says: str = ENDPOINT, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Serve the project `root`. The URL is what the server says behind `says`. It is asked to end,
    if the test did not do that, and has ended afterwards."""
    root.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "workbench", "serve", str(root), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if line.startswith(says)), "")
            assert line, f"it ended without saying {says!r}"
            endpoint = Served(url=line.removeprefix(says).strip(), process=process)
            with contextlib.closing(endpoint):
                yield endpoint
        finally:
            process.terminate()
            process.communicate(timeout=20)
