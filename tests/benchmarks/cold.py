"""First invokes: a function nobody called yet, against a fresh `python -m awslambdaric`."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks import peers
from tests.benchmarks.measure import Row, Samples, in_turn, peer_row, ratio_row
from tests.benchmarks.raw_http import RawConnection, invoke_request
from tests.benchmarks.runtime_process import first_answer
from tests.benchmarks.workbench_server import OursUnavailable, client, create_function, serving

OURS = "workbench"
FRESH = "fresh awslambdaric"

COUNTS_ITS_CALLS = """\
calls = 0


def handler(event, context):
    global calls
    calls += 1
    return {"calls": calls}
"""
MAKES_A_CLIENT = (
    """\
import boto3

s3 = boto3.client("s3")
"""
    + COUNTS_ITS_CALLS
)
ROUNDS = 5
CALLS = 4

# How long a function just created is left alone before its first invoke, as a person would:
# the server prepares a process in that time, and importing boto3 takes a good part of a second.
# The peer is spawned after the same pause: a processor that slept is slow for its first moments.
IDLE_SECONDS = {"trivial": 0.5, "boto3 and a client": 1.5}


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `cold`; `notes` says how each side was measured."""
    cases = {
        "trivial": (COUNTS_ITS_CALLS, 0.15),
        "boto3 and a client": (MAKES_A_CLIENT, 0.1),
    }
    notes.append(
        f"{FRESH}: from spawn to its first response, under a Runtime API of the benchmark's own, "
        "after the same pause."
    )
    project = scratch / "empty"
    project.mkdir()
    try:
        with serving(project, scratch) as port:
            idle = ", ".join(f"{seconds:g} s ({case})" for case, seconds in IDLE_SECONDS.items())
            notes.append(
                "workbench: one raw HTTP invoke of a function created for it by the API and then "
                f"left alone for {idle}; every answer tells that it was the process's first."
            )
            for case, (code, bound) in cases.items():
                contenders = {
                    OURS: _ours(port, code, IDLE_SECONDS[case]),
                    FRESH: _fresh(scratch / case, code, IDLE_SECONDS[case]),
                }
                rounds = in_turn(contenders, ROUNDS)
                yield ratio_row(f"first invoke, {case}", rounds, OURS, FRESH, at_most=bound)
    except OursUnavailable as error:
        notes.append(str(error))
        for case, (code, _) in cases.items():
            fresh = _fresh(scratch / f"{case} alone", code, IDLE_SECONDS[case])
            rounds = in_turn({FRESH: fresh}, ROUNDS)
            yield peer_row(f"first invoke, {case}", rounds, FRESH)


def _fresh(function: Path, code: str, idle: float) -> Callable[[], Samples]:
    def after_idle() -> float:
        time.sleep(idle)
        return first_answer(function)

    function.mkdir()
    (function / "app.py").write_text(code)
    first_answer(function)  # so that the byte code of what it imports is on disk
    return lambda: [after_idle() for _ in range(CALLS)]


_numbers = itertools.count()


def _ours(port: int, code: str, idle: float) -> Callable[[], Samples]:
    lambda_client = client(f"http://127.0.0.1:{port}")
    return lambda: [_first_invoke(lambda_client, port, code, idle) for _ in range(CALLS)]


def _first_invoke(lambda_client: Any, port: int, code: str, idle: float) -> float:
    name = f"cold-{next(_numbers)}"
    create_function(lambda_client, name, code, peers.PYTHON_RUNTIME)
    time.sleep(idle)
    sent = invoke_request(port, name)
    with RawConnection(port) as connection:
        started = time.perf_counter()
        status, body = connection.exchange(sent)
        elapsed = (time.perf_counter() - started) * 1000
    if status != 200 or json.loads(body) != {"calls": 1}:
        raise RuntimeError(f"a first invoke answered {status}: {body[:300]!r}")
    lambda_client.delete_function(FunctionName=name)
    return elapsed
