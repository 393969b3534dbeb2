"""`kill -9` of the server under load: each event answered with 202 is run, and so is told of."""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from pathlib import Path

from tests.serve_lab import Served, served

MOST = 100  # events accepted before a kill
NUMBERS_A_ROUND = 1000
LIMIT = 60.0
# A byte of a sparse file for each event: quick, and a repetition changes nothing.
MARKS = """
import os
def handler(event, context):
    file = os.open({file!r}, os.O_WRONLY)
    os.pwrite(file, b"x", {number})
    os.close(file)
"""
HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/lambda/aws4_request, "
    "SignedHeaders=host, Signature=none",
    "X-Amz-Invocation-Type": "Event",
}


def set_up(server: Served, ran: Path, recorded: Path) -> None:
    """The function `works`, whose successes `keeps` is told of."""
    places = (("works", ran, "event"), ("keeps", recorded, "event['requestPayload']"))
    for name, file, number in places:
        file.touch()
        server.create(MARKS.format(file=str(file), number=number), FunctionName=name)
    keeps = server.settle("keeps")["FunctionArn"]
    server.client().put_function_event_invoke_config(
        FunctionName="works", DestinationConfig={"OnSuccess": {"Destination": keeps}}
    )


def send_until_it_dies(server: Served, first: int, moments: random.Random) -> list[int]:
    """Send numbered events, killing the server at some moment after some of them; the numbers of
    those that were answered with 202."""
    accepted: list[int] = []
    enough = moments.randrange(1, MOST)
    # Soon after that many, whatever the server is doing then.
    kill = threading.Timer(moments.uniform(0, 0.02), os.kill, (server.process.pid, signal.SIGKILL))
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    try:
        for number in range(first, first + NUMBERS_A_ROUND):
            if len(accepted) == enough:
                kill.start()
            path = "/2015-03-31/functions/works/invocations"
            connection.request("POST", path, str(number), HEADERS)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202
            accepted.append(number)
    except (OSError, http.client.HTTPException):
        pass  # it was killed
    finally:
        connection.close()
    server.process.wait(20)
    kill.join()
    return accepted


def missing(file: Path, numbers: list[int]) -> list[int]:
    """Which of the numbers are not marked in the file."""
    marks = file.read_bytes().ljust(numbers[-1] + 1, b"\0")
    return [number for number in numbers if marks[number] == 0]


def lost_of_accepted(folder: Path, kills: int) -> tuple[int, int]:
    """Kill a server that often while events come in: how many were accepted, and how many of these
    were not run, or not told of, a minute after the last start."""
    root, ran, recorded = folder / "project", folder / "ran", folder / "recorded"
    root.mkdir()
    moments = random.Random()
    accepted: list[int] = []
    for round in range(kills):
        with served(root) as server:
            if not round:
                set_up(server, ran, recorded)
            accepted += send_until_it_dies(server, round * NUMBERS_A_ROUND, moments)
    assert len(accepted) >= kills
    with served(root):
        limit = time.monotonic() + LIMIT
        while lost := {*missing(ran, accepted), *missing(recorded, accepted)}:
            if time.monotonic() > limit:
                break
            time.sleep(0.02)
    return len(accepted), len(lost)
