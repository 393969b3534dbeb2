"""HTTP front doors: a request through one beside a direct Invoke of the same function."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.measure import Row, in_turn, ratio_row
from tests.benchmarks.raw_http import invoke_request, request, timed
from tests.benchmarks.workbench_server import (
    TRIVIAL,
    OursUnavailable,
    client,
    create_function,
    serving,
)

URL = "function URL"
INVOKE = "Invoke"


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `fronts`; `notes` says why there are none."""
    (scratch / "project").mkdir()
    try:
        with serving(scratch / "project", scratch) as port:
            door = _function_url(port)
            sent = invoke_request(port, "trivial")
            asked = request("/a/path?b=1", b"", {"User-Agent": "bench"}, port=door, method="GET")
            rounds = in_turn(
                {
                    URL: lambda: timed(asked, door, 600),
                    INVOKE: lambda: timed(sent, port, 600),
                },
                9,
            )
            yield ratio_row("function URL, p50", rounds, URL, INVOKE, at_most=1.5)
    except OursUnavailable as error:
        notes.append(str(error))


def _function_url(port: int) -> int:
    """The port of the URL of a public function called `trivial`."""
    ours = client(f"http://127.0.0.1:{port}")
    create_function(ours, "trivial", TRIVIAL, peers.PYTHON_RUNTIME)
    made = ours.create_function_url_config(FunctionName="trivial", AuthType="NONE")
    ours.add_permission(FunctionName="trivial", StatementId="all", Action="*", Principal="*")
    return int(made["FunctionUrl"].rpartition(":")[2].rstrip("/"))
