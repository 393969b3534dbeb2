"""Runs `workbench burst` beside the screen: hundreds of threads here would hold up every key."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from workbench.aws.burst import BurstFigures
from workbench.aws.records import Target
from workbench.ui.backend import Request


class BurstFailed(Exception):
    """The burst could not begin, or broke off. The message is a sentence for a person."""


class BurstProcess:
    """One burst that was agreed to. Iterate `figures` in a thread; `stop` may be called from any.

    The values of placeholders in the event are made there, for each invocation. On AWS the burst
    is in the audit log before it begins.
    """

    def __init__(
        self, root: Path, target: Target, request: Request, count: int, concurrency: int
    ) -> None:
        command = [sys.executable, "-m", "workbench", "burst", request.function, "--json"]
        command += ["-n", str(count), "-c", str(concurrency), "--event", "-", "--yes"]
        command += ["--project", str(root), "--region", target.region]
        if request.qualifier:
            command += ["--qualifier", request.qualifier]
        if target.kind == "aws":
            command += ["--target", "aws"]
            command += ["--profile", target.profile] if target.profile else []
        if target.endpoint_url:
            command += ["--endpoint-url", target.endpoint_url]
        self._event = request.event.encode()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # `-m` puts the working folder first on sys.path: not the user's.
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )

    def figures(self) -> Iterator[BurstFigures]:
        """How far it is, ten times a second, and at its end. Raises BurstFailed."""
        process = self._process
        assert process.stdin and process.stdout and process.stderr
        with process:
            try:
                with process.stdin:
                    process.stdin.write(self._event)
            except BrokenPipeError:
                pass  # it has ended, and says why below
            figures = None
            for line in process.stdout:
                figures = BurstFigures.from_json(json.loads(line))
                yield figures
            words = process.stderr.read().decode(errors="replace").strip()
        if figures is None or not figures.is_over:
            last = words.splitlines()[-1].removeprefix("workbench: ") if words else ""
            raise BurstFailed(last or "The burst broke off.")

    def stop(self) -> None:
        """Send nothing more; what runs is waited for. Once more: end at once."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
