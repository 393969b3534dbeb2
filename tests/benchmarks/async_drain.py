"""Asynchronous invocations: how quickly one is accepted, and how quickly a full queue drains."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.measure import Row, Samples, milliseconds, percentile
from tests.benchmarks.processes import DidNotStart
from tests.benchmarks.raw_http import AUTHORIZATION, RawConnection, request
from tests.benchmarks.workbench_server import OursUnavailable, client, create_function, serving

EVENTS = 10_000
EVENTS_A_SECOND = 500
TOGETHER = 1_000
ROUNDS = 3
PEER = "MiniStack"

# Tells of each run by a byte at the end of a file; waits while there is no gate file.
CODE = """\
import os
import time

TOLD = os.open({told!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
OPEN = False


def handler(event, context):
    global OPEN
    while not OPEN:
        OPEN = os.path.exists({gate!r})
        time.sleep(0 if OPEN else 0.01)
    os.write(TOLD, b".")
"""


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `async`; `notes` gets a sentence for what could not be had."""
    project = scratch / "project"
    project.mkdir()
    try:
        with serving(project, scratch) as port:
            ours = _Function(port, scratch / "ours")
            samples = ours.send(EVENTS)
            rate = EVENTS / ours.drain(EVENTS)
            together = [ours.together() for _ in range(ROUNDS)]
    except OursUnavailable as error:
        notes.append(str(error))
        return
    yield Row(
        f"{EVENTS:,} queued events drain",
        f"{rate:,.0f} events/s",
        bound=f"≥ {EVENTS_A_SECOND}/s",
        met=rate >= EVENTS_A_SECOND,
    )
    theirs = _peer(scratch, notes)
    accepted = percentile(samples, 0.5)
    if theirs is None:
        yield Row("accepting an event, p50", milliseconds(accepted))
        return
    peer_accepted, peer_together = theirs
    yield Row(
        "accepting an event, p50",
        milliseconds(accepted),
        f"{milliseconds(peer_accepted)} {PEER}",
        accepted / peer_accepted,
    )
    seconds = statistics.median(together)
    yield Row(
        f"{TOGETHER:,} events, sent and run",
        f"{seconds:.2f} s",
        f"{peer_together:.2f} s {PEER}",
        seconds / peer_together,
    )


def _peer(scratch: Path, notes: list[str]) -> tuple[float, float] | None:
    """The peer's ms to accept an event, and seconds for `TOGETHER` of them."""
    with contextlib.ExitStack() as running:
        try:
            server, url = peers.start_ministack(scratch)
            running.enter_context(server)
            theirs = _Function(int(url.rpartition(":")[2]), scratch / "theirs")
            theirs.gate.touch()
            samples = theirs.send(TOGETHER)
            theirs.drain(TOGETHER)
            return percentile(samples, 0.5), theirs.together()
        except (peers.PeerUnavailable, DidNotStart, TimeoutError) as error:
            notes.append(f"{PEER}: {error}")
            return None


class _Function:
    """A function that counts its runs, on the endpoint at a port."""

    def __init__(self, port: int, folder: Path) -> None:
        folder.mkdir()
        self._port = port
        self._told = folder / "told"
        self._done = 0
        self.gate = folder / "gate"
        code = CODE.format(told=str(self._told), gate=str(self.gate))
        lambda_client = client(f"http://127.0.0.1:{port}")
        create_function(lambda_client, "counts", code, peers.PYTHON_RUNTIME)

    def send(self, count: int) -> Samples:
        """Send events one after the other; how long each took to be accepted, in ms."""
        headers = {"Authorization": AUTHORIZATION, "X-Amz-Invocation-Type": "Event"}
        path = "/2015-03-31/functions/counts/invocations"
        sent = request(path, b'{"n": 1}', headers, port=self._port)
        samples = []
        with RawConnection(self._port) as connection:
            for _ in range(count):
                started = time.perf_counter_ns()
                status, body = connection.exchange(sent)
                samples.append((time.perf_counter_ns() - started) / 1e6)
                if status != 202:
                    raise RuntimeError(f"answered {status}: {body[:300]!r}")
        return samples

    def drain(self, count: int) -> float:
        """Open the gate; the seconds until `count` more have run. Raises TimeoutError."""
        self.gate.touch()
        started = time.perf_counter()
        self._done += count
        while not self._told.exists() or self._told.stat().st_size < self._done:
            if time.perf_counter() - started > 120:
                raise TimeoutError(f"{count} events were not run in two minutes.")
            time.sleep(0.01)
        return time.perf_counter() - started

    def together(self) -> float:
        """Seconds from sending the first of `TOGETHER` events to the end of the last."""
        started = time.perf_counter()
        self.send(TOGETHER)
        self.drain(TOGETHER)
        return time.perf_counter() - started
