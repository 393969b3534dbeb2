"""An account with 1,000 functions of 5 versions each: a page of them, the start, the memory."""

from __future__ import annotations

import base64
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.measure import Row, in_turn, limit_row, milliseconds
from tests.benchmarks.processes import DidNotStart, Server, memory_mb
from tests.benchmarks.raw_http import AUTHORIZATION, RawConnection, request, timed
from tests.benchmarks.workbench_server import TRIVIAL, OursUnavailable, started, zipped

FUNCTIONS = 1000
VERSIONS = 5
PAGES = 40
ROUNDS = 5
OURS, PEER = "workbench", "MiniStack"
API = "/2015-03-31/functions"


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `account`."""
    project = scratch / "project"
    project.mkdir()
    try:
        with started(project, scratch) as (port, _):
            _fill(port, VERSIONS)
        starts = []
        for _ in range(ROUNDS):
            before = time.perf_counter()
            with started(project, scratch):
                starts.append((time.perf_counter() - before) * 1000)
        with started(project, scratch) as (port, pid):
            yield from _pages(port, scratch, notes)
            memory = memory_mb(pid)
    except OursUnavailable as error:
        notes.append(str(error))
        return
    yield limit_row("`workbench serve` until it answers", statistics.median(starts), at_most=500)
    yield Row("… its memory after that", f"{memory:.0f} MB", bound="≤ 80 MB", met=memory <= 80)


def _pages(port: int, scratch: Path, notes: list[str]) -> Iterator[Row]:
    contenders = {OURS: lambda: timed(_list_request(port), port, PAGES)}
    what = f"ListFunctions, a page, {FUNCTIONS} functions of {VERSIONS} versions"
    peer: Server | None = None
    try:
        peer, url = peers.start_ministack(scratch)
        peer_port = int(url.rpartition(":")[2])
        _fill(peer_port, 0)
        contenders[PEER] = lambda: timed(_list_request(peer_port), peer_port, PAGES)
    except (peers.PeerUnavailable, DidNotStart) as error:
        notes.append(str(error))
    try:
        rounds = in_turn(contenders, ROUNDS)
    finally:
        if peer is not None:
            peer.stop()
    yield limit_row(what, rounds.figure(OURS, 0.5), at_most=20)
    if PEER in contenders:
        ours, theirs = rounds.figure(OURS, 0.5), rounds.figure(PEER, 0.5)
        ratio = rounds.ratio(OURS, PEER, 0.5)
        yield Row("… beside MiniStack", milliseconds(ours), f"{milliseconds(theirs)} {PEER}", ratio)
        notes.append(f"{PEER} has no published versions.")


def _list_request(port: int) -> bytes:
    return request(
        f"{API}/?MaxItems=50", b"", {"Authorization": AUTHORIZATION}, port=port, method="GET"
    )


def _fill(port: int, versions: int) -> None:
    """Create the functions; between two versions of one, all the others have their turn."""
    code = base64.b64encode(zipped(TRIVIAL)).decode()
    names = [f"function-{number:04}" for number in range(FUNCTIONS)]
    with RawConnection(port, 60) as connection:
        for name in names:
            _send(
                connection, port, "POST", "",
                FunctionName=name, Runtime=peers.PYTHON_RUNTIME, Handler="app.handler",
                Role="arn:aws:iam::123456789012:role/bench", Code={"ZipFile": code},
            )  # fmt: skip
        for version in range(1, versions + 1):
            for name in names:
                _send(connection, port, "PUT", f"/{name}/configuration", Description=str(version))
            for name in names:
                _send(connection, port, "POST", f"/{name}/versions")


def _send(connection: RawConnection, port: int, method: str, path: str, **members: object) -> None:
    body = json.dumps(members).encode()
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
    sent = request(API + path, body, headers, port=port, method=method)
    for _ in range(100):
        status, answer = connection.exchange(sent)
        if status != 409:  # an update is still in progress
            break
    if status >= 300:
        raise RuntimeError(f"{method} {path}: {status} {answer[:300]!r}")
