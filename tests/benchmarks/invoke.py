"""Warm invokes: over raw HTTP, through boto3, and ten environments at once."""

from __future__ import annotations

import contextlib
import json
import selectors
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.measure import Rounds, Row, Samples, in_turn, peer_row, ratio_row
from tests.benchmarks.raw_http import RawConnection, invoke_request, timed
from tests.benchmarks.workbench_server import (
    TRIVIAL,
    OursUnavailable,
    client,
    create_function,
    serving,
    write_project,
)

RIE = "RIE + awslambdaric"
SERVERLESS = "serverless-offline 13"
MINISTACK = "MiniStack"
OURS = "workbench"

TELLS_ITS_PROCESS = """\
import os

PROCESS = os.getpid()


def handler(event, context):
    return {"process": PROCESS}
"""

CONNECTIONS = 10
INVOKES_A_SECOND = 3000


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `invoke`; `notes` gets a sentence for each peer that couldn't be had."""
    function = scratch / "function"
    function.mkdir()
    (function / "app.py").write_text(TRIVIAL)
    with contextlib.ExitStack() as running:
        raw: dict[str, Callable[[], Samples]] = {}
        sdk: dict[str, Callable[[], Samples]] = {}
        ours: int | None = None
        try:
            project = write_project(
                scratch / "project",
                peers.PYTHON_RUNTIME,
                {"trivial": TRIVIAL, "parallel": TELLS_ITS_PROCESS},
            )
            ours = running.enter_context(serving(project, scratch))
            raw[OURS] = _raw(ours, "trivial")
            sdk[OURS] = _sdk(f"http://127.0.0.1:{ours}", 100)
        except OursUnavailable as error:
            notes.append(str(error))
        try:
            server, port = peers.start_emulator(function, scratch)
            running.enter_context(server)
            raw[RIE] = _raw(port, "function")
        except peers.PeerUnavailable as error:
            notes.append(str(error))
        try:
            server, port, name = peers.start_serverless_offline(function, scratch)
            running.enter_context(server)
            raw[SERVERLESS] = _raw(port, name)
        except peers.PeerUnavailable as error:
            notes.append(str(error))
        try:
            server, url = peers.start_ministack(scratch)
            running.enter_context(server)
            create_function(client(url), "trivial", TRIVIAL, peers.PYTHON_RUNTIME)
            sdk[MINISTACK] = _sdk(url, 20)
        except peers.PeerUnavailable as error:
            notes.append(str(error))
        if raw:
            yield from _raw_rows(in_turn(raw, 9))
        if sdk:
            rounds = in_turn(sdk, 5)
            if len(sdk) == 2:
                yield ratio_row("boto3, p50", rounds, OURS, MINISTACK, at_most=0.25)
            elif MINISTACK in sdk:
                yield peer_row("boto3, p50", rounds, MINISTACK)
        if ours is not None:
            yield _at_once_row([at_once(ours, "parallel") for _ in range(5)], notes)


def _raw(port: int, function_name: str) -> Callable[[], Samples]:
    sent = invoke_request(port, function_name)
    return lambda: timed(sent, port, 600)


def _sdk(url: str, calls: int) -> Callable[[], Samples]:
    lambda_client = client(url)

    def measure() -> Samples:
        samples = []
        for _ in range(calls + 5):
            started = time.perf_counter_ns()
            answer = lambda_client.invoke(FunctionName="trivial", Payload=b"{}")
            payload = answer["Payload"].read()
            samples.append((time.perf_counter_ns() - started) / 1e6)
            assert json.loads(payload)["statusCode"] == 200, payload
        return samples[5:]

    return measure


def _raw_rows(rounds: Rounds) -> Iterator[Row]:
    for peer, share, label, at_most in (
        (RIE, 0.5, "p50", 0.55),
        (RIE, 0.99, "p99", 0.55),
        (SERVERLESS, 0.5, "p50", 1),
    ):
        what = f"warm invoke, raw HTTP, {label}"
        if peer not in rounds.samples:
            continue
        if OURS in rounds.samples:
            yield ratio_row(what, rounds, OURS, peer, share=share, at_most=at_most)
        else:
            yield peer_row(what, rounds, peer, share)


@dataclass(frozen=True)
class Throughput:
    """What `at_once` saw: invokes a second, processes that answered, our own µs of CPU a call."""

    rate: float
    processes: int
    generator_us: float


def at_once(port: int, function_name: str, seconds: float = 2) -> Throughput:
    """Invoke over ten connections at once, each sending again as soon as it has its answer.

    One process, one thread, one selector; answers are only counted until the end, so that little
    of the machine goes to the generator.
    """
    sent = invoke_request(port, function_name)
    with contextlib.ExitStack() as opened, selectors.DefaultSelector() as selector:
        connections = [opened.enter_context(RawConnection(port)) for _ in range(CONNECTIONS)]
        for connection in connections:
            connection.socket.sendall(sent)
        for connection in connections:
            connection.receive()
        answers: list[bytes] = []
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection.socket)
            connection.socket.sendall(sent)
        cpu, started = time.process_time(), time.perf_counter()
        end = started + seconds
        while time.perf_counter() < end:
            for key, _ in selector.select():
                # An answer this small arrives whole; a torn one fails the check below.
                answers.append(key.data.recv(65536))
                key.data.sendall(sent)
        elapsed, cpu = time.perf_counter() - started, time.process_time() - cpu
        for connection in connections:
            connection.receive()
    processes = set()
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"under load: {answer[:300]!r}")
        processes.add(json.loads(body)["process"])
    return Throughput(len(answers) / elapsed, len(processes), cpu / len(answers) * 1e6)


def _at_once_row(runs: list[Throughput], notes: list[str]) -> Row:
    best = sorted(runs, key=lambda each: each.rate)[len(runs) // 2]
    share = best.generator_us * best.rate / 1e4
    notes.append(
        f"{CONNECTIONS} at once: one Python process with a selector sends the load; it takes "
        f"{best.generator_us:.0f} µs of CPU an invoke ({share:.0f}% of one core), which the "
        "figure includes."
    )
    return Row(
        f"{best.processes} environments at once",
        f"{best.rate:,.0f} invokes/s",
        bound=f"≥ {INVOKES_A_SECOND:,}/s",
        met=best.rate >= INVOKES_A_SECOND and best.processes == CONNECTIONS,
    )
