"""A key's answer while 50,000 log lines a second arrive and functions are invoked in a burst."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.measure import Row, limit_row, milliseconds, percentile
from tests.benchmarks.processes import REPOSITORY
from tests.benchmarks.raw_http import RawConnection, invoke_request
from tests.benchmarks.terminal import Terminal

LINES_A_SECOND = 50_000
SECONDS = 12
AT_ONCE = 4

# Paced by the clock: what is late is made up for.
FLOOD = """\
import sys
import time

LINES = 500


def handler(event, context):
    text = "".join(f"line {n} of the flood, with some words to fill it\\n" for n in range(LINES))
    begun, pieces = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < event["seconds"]:
        if pieces * LINES < passed * event["lines"]:
            sys.stdout.write(text)
            sys.stdout.flush()
            pieces += 1
        else:
            time.sleep(0.002)
    return pieces * LINES
"""

QUICK = "def handler(event, context):\n    return event\n"

# Letters that no log line has one after the other, so that their echo can't be mistaken. They are
# the name of the function that prints: while they are typed into the filter it stays chosen, and
# its lines go on coming.
LETTERS = "zqjvzjqvjz"
PRINTS = LETTERS.upper()
CLEAR = "\x15"


def write_project(project: Path) -> None:
    """Write a project with the functions `PRINTS` and Quick."""
    functions = {PRINTS: FLOOD, "Quick": QUICK}
    for name, code in functions.items():
        (project / name).mkdir(parents=True)
        (project / name / "app.py").write_text(code)
    function = (
        "  {0}:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        "      FunctionName: {0}\n      CodeUri: {0}/\n"
    )
    (project / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nGlobals:\n  Function:\n    Timeout: 60\n"
        "    Handler: app.handler\n    Runtime: python3.13\nResources:\n"
        + "".join(map(function.format, functions))
    )


@contextmanager
def busy(port: int) -> Iterator[list[int]]:
    """Have `PRINTS` print and Quick invoked `AT_ONCE` at a time. At its end: how many lines, and
    how many invocations, there were."""
    counts: list[int] = []
    args = [sys.executable, "-m", "tests.benchmarks.screen_keys", str(port)]
    burst = subprocess.Popen(args, cwd=REPOSITORY, stdout=subprocess.PIPE)
    event = json.dumps({"seconds": SECONDS, "lines": LINES_A_SECOND}).encode()
    answers: list[bytes] = []

    def flood() -> None:
        with RawConnection(port, timeout=SECONDS + 30) as connection:
            answers.append(connection.exchange(invoke_request(port, PRINTS, event))[1])

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        yield counts
    finally:
        thread.join()
        burst.terminate()
        out, _ = burst.communicate()
        counts += [int(answers[0]), int(out or 0)]


def keys(terminal: Terminal, until: float) -> list[tuple[float, float]]:
    """Type into the filter of the functions; the milliseconds until each letter is seen, and how
    many of them the screen waited for a processor."""
    samples: list[tuple[float, float]] = []
    while time.perf_counter() < until:
        for count in range(1, len(LETTERS) + 1):
            waited, pressed = terminal.waited_ms(), terminal.press(LETTERS[count - 1])
            passed = (terminal.wait_for(LETTERS[:count]) - pressed) * 1000
            samples.append((passed, terminal.waited_ms() - waited))
            time.sleep(0.03)
        # Textual may run a binding after the letter typed right behind it: wait for it.
        terminal.press(CLEAR)
        terminal.wait_for("Type to filter")
        time.sleep(0.1)
    return samples


def measure(terminal: Terminal, port: int) -> Iterator[Row]:
    """The row; the screen is on the project of `write_project`. Raises NotShown when the lines
    cease to be followed."""
    for typed in ("/", LETTERS, CLEAR):
        terminal.press(typed)
        terminal.wait_until_quiet(0.4)  # the lines of the function that is chosen are followed
    with busy(port) as counts:
        terminal.wait_for("of the flood")
        samples = keys(terminal, time.perf_counter() + SECONDS - 3)
        terminal.press("")
        terminal.wait_for("of the flood")
    lines, invocations = counts
    clock = [passed for passed, _ in samples]
    own = percentile([passed - waited for passed, waited in samples], 0.99)
    figures = (
        f"median {milliseconds(percentile(clock, 0.5))}, slowest {max(clock):.0f} ms; "
        f"p99 without its waits for a processor {milliseconds(own)}"
    )
    what = (
        f"a key while {lines / SECONDS:,.0f} lines/s are printed and {invocations / SECONDS:,.0f} "
        f"invocations/s run: p99 of {len(samples)} keys ({figures})"
    )
    yield limit_row(what, percentile(clock, 0.99), at_most=50)


def _burst(port: int) -> None:
    """Invoke Quick, several at a time, until the end; print how often."""
    import signal

    count = 0
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())

    def client() -> None:
        nonlocal count
        sent = invoke_request(port, "Quick")
        with RawConnection(port) as connection:
            while not over.is_set():
                connection.exchange(sent)
                count += 1
                time.sleep(0.01)  # a person's burst goes through an SDK, which takes its time

    threads = [threading.Thread(target=client) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    over.wait()
    for thread in threads:
        thread.join()
    print(count)


if __name__ == "__main__":
    _burst(int(sys.argv[1]))
