"""What the screen's process holds after a session of 2,000 invocations with logs and answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.measure import Row
from tests.benchmarks.raw_http import RawConnection, invoke_request
from tests.benchmarks.screen_start import screen
from tests.benchmarks.terminal import Terminal
from workbench.project import server_process

INVOCATIONS = 2_000
BY_HAND = 100
MOST_MB = 150
_FUNCTIONS = ("Orders", "Billing", "Search")

# An answer of 2 KB to 200 KB and twenty lines, as code that logs has.
_CODE = """\
import json
import uuid


def handler(event, context):
    for step in range(20):
        print(json.dumps({"level": "INFO", "step": step, "id": str(uuid.uuid4()),
                          "message": f"looked at order {step} of the customer"}))
    count = event.get("items", 40)
    return {"items": [{"id": str(uuid.uuid4()), "price": 12.5} for _ in range(count)]}
"""


def run(scratch: Path) -> Iterator[Row]:
    """The row."""
    project = scratch / "session"
    _write_project(project)
    with screen(project) as terminal:
        begun = terminal.memory_mb()
        info = server_process.running(project)
        assert info is not None
        _session(terminal, urlsplit(info.url).port or 0)
        after = terminal.memory_mb()
    what = f"memory after {INVOCATIONS:,} invocations, {BY_HAND} of them by key"
    words = f"{after:.0f} MB ({begun:.0f} MB at first)"
    yield Row(what, words, bound=f"≤ {MOST_MB} MB", met=after <= MOST_MB)


def _write_project(project: Path) -> None:
    (project / "src").mkdir(parents=True)
    (project / "src" / "app.py").write_text(_CODE)
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"CodeUri": "src/", "Handler": "app.handler", "Runtime": "python3.13"},
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": dict.fromkeys(_FUNCTIONS, function),
    }
    (project / "template.json").write_text(json.dumps(template))


def _session(terminal: Terminal, port: int) -> None:
    """Twenty invocations by others, one by a key, and so on; now and then a large answer."""
    others = INVOCATIONS // BY_HAND - 1
    with RawConnection(port, timeout=60) as connection:
        for number in range(BY_HAND):
            for other in range(others):
                event = b'{"items": 4000}' if other == 0 else b"{}"
                name = _FUNCTIONS[other % len(_FUNCTIONS)]
                connection.exchange(invoke_request(port, name, event))
                terminal.wait_until_quiet(0)
            terminal.press("\n")
            terminal.wait_until_quiet(0.05)
            if number % 10 == 9:  # another function, its logs and its history
                terminal.press("\x1b[B" if number % 20 == 9 else "\x1b[A")
                terminal.wait_until_quiet()
    terminal.wait_until_quiet(1)
