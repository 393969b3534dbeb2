"""Save a handler's file, invoke until the new code answers: how long that takes."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.measure import Row, limit_row
from tests.benchmarks.raw_http import RawConnection, invoke_request
from tests.benchmarks.workbench_server import OursUnavailable, serving, write_project

TRIVIAL = """\
SAVED = {saved}


def handler(event, context):
    return {{"saved": SAVED}}
"""
WITH_BOTO3 = 'import boto3\n\ns3 = boto3.client("s3")\n' + TRIVIAL

PUBLISHED = "LocalStack 500–700 ms (its docs), SAM 685 ms"
SAVES = 25
LIMIT_SECONDS = 10


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `reload`. The peers' figures are published ones: both need Docker."""
    codes = {"trivial": TRIVIAL, "withboto3": WITH_BOTO3}
    project = write_project(
        scratch / "project",
        peers.PYTHON_RUNTIME,
        {name: code.format(saved=0) for name, code in codes.items()},
    )
    try:
        with serving(project, scratch) as port:
            for name, label, bound in (
                ("trivial", "trivial handler", 30.0),
                ("withboto3", "handler with boto3 and a client", 60.0),
            ):
                sent = invoke_request(port, name)
                source = project / name / "app.py"
                samples = []
                others: list[str] = []
                for saved in range(1, SAVES + 1):
                    # A person's pause between saves; the server prepares the next process in it.
                    time.sleep(0.5)
                    text = codes[name].format(saved=saved)
                    samples.append(_save_and_wait(port, sent, source, text, saved, others))
                median = statistics.median(samples)
                yield limit_row(f"reload, {label}", median, at_most=bound, peer=PUBLISHED)
                notes.append(f"{label}: {SAVES} saves, slowest {max(samples):.0f} ms.")
                if others:
                    notes.append(
                        f"{label}: {len(others)} answers were neither the old code's nor the "
                        f"new's, such as {others[0]}"
                    )
    except OursUnavailable as error:
        notes.append(str(error))


def _save_and_wait(
    port: int, sent: bytes, source: Path, text: str, saved: int, others: list[str]
) -> float:
    """Milliseconds from the end of writing `text` to the first answer of the new code.

    The file is written in place, as most editors do. Answers that neither code gives are put
    into `others`: a half-written file must never be run.
    """
    with RawConnection(port) as connection:
        connection.exchange(sent)
        source.write_text(text)
        started = time.perf_counter()
        while (elapsed := time.perf_counter() - started) < LIMIT_SECONDS:
            status, body = connection.exchange(sent)
            answer = json.loads(body)
            if answer == {"saved": saved}:
                return (time.perf_counter() - started) * 1000
            if status != 200 or answer != {"saved": saved - 1}:
                others.append(f"{status} {body[:200]!r}")
    raise RuntimeError(f"after {elapsed:.0f} s the old code still answers")
