"""Queues and streams: how soon a message reaches its function, and how quickly a backlog is done.

That nothing is lost and order is kept is counted too.
"""

from __future__ import annotations

import contextlib
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks import peers
from tests.benchmarks.measure import Row, Samples, in_turn, ratio_row
from tests.benchmarks.processes import memory_mb
from tests.benchmarks.workbench_server import OursUnavailable, client, create_function, started

MESSAGES = 10_000
RECORDS = 100_000
ROUNDS = 3
EACH = 20
PAUSE = 0.15  # between two messages: the queue is quiet when one comes
LIMIT_SECONDS = 300
MOST_MB = 80
OURS, BARE = "ours", "a bare boto3 receive loop"

# One line for each record: when its handler began, and what was sent.
CODE = """\
import base64
import socket
import time

TOLD = socket.create_connection(("127.0.0.1", {port}))


def handler(event, context):
    now = time.time()
    sent = [
        record["body"] if "body" in record else base64.b64decode(record["kinesis"]["data"]).decode()
        for record in event["Records"]
    ]
    TOLD.sendall("".join(f"{{now}} {{text}}\\n" for text in sent).encode())
"""

BARE_LOOP = """\
import socket, sys, time
import boto3

url, queue, port = sys.argv[1:]
told = socket.create_connection(("127.0.0.1", int(port)))
sqs = boto3.client("sqs", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test",
                   aws_secret_access_key="test")
while True:
    found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
    for message in found.get("Messages", ()):
        told.sendall(f"{time.time()} {message['Body']}\\n".encode())
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
"""


class Told:
    """What handlers tell: times and what was sent, in the order in which it comes."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        told = self

        class Reader(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    told.add(line.decode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Reader)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, line: str) -> None:
        received, sent = line.split()
        with self._changed:
            self.lines.append((float(received), sent))
            self._changed.notify_all()

    def wait(self, number: int) -> list[tuple[float, str]]:
        """The lines, once there are so many or it takes too long."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.lines) >= number, LIMIT_SECONDS)
            return list(self.lines)


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `sources`."""
    project = scratch / "project"
    project.mkdir()
    try:
        with started(project, scratch) as (port, pid):
            sources = _Sources(f"http://127.0.0.1:{port}")
            yield sources.latency()
            yield sources.queue()
            yield sources.stream()
            yield _memory(pid)
    except OursUnavailable as error:
        notes.append(str(error))


def _memory(pid: int) -> Row:
    most = memory_mb(pid, peak=True)
    what = "the most memory the server had"
    return Row(what, f"{most:.0f} MB", bound=f"≤ {MOST_MB} MB", met=most <= MOST_MB)


class _Sources:
    def __init__(self, url: str) -> None:
        import boto3

        self._url = url
        self._lambda = client(url)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self._sqs, self._kinesis = (
            boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)
            for service in ("sqs", "kinesis")
        )

    def latency(self) -> Row:
        """From SendMessage to the handler's first line, beside a loop that only receives."""
        ours, told = self._queue("quick"), self._function("quick")
        self._map("quick", "arn:aws:sqs:us-east-1:123456789012:quick", BatchSize=10)
        bare, bare_told = self._queue("bare"), Told()
        with _looping(self._url, bare, bare_told):
            contenders = {
                OURS: lambda: self._send(ours, told),
                BARE: lambda: self._send(bare, bare_told),
            }
            for send in contenders.values():
                send()  # the first are cold
            rounds = in_turn(contenders, ROUNDS)
        return ratio_row("SendMessage to handler start, p50", rounds, OURS, BARE, at_most=1.5)

    def queue(self) -> Row:
        """A backlog of messages, in batches of ten."""
        url, told = self._queue("many"), self._function("many")
        for start in range(0, MESSAGES, 10):
            entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(start, start + 10)]
            self._sqs.send_message_batch(QueueUrl=url, Entries=entries)
        begun = time.perf_counter()
        self._map("many", "arn:aws:sqs:us-east-1:123456789012:many", BatchSize=10)
        seen = [sent for _, sent in told.wait(MESSAGES)]
        rate = MESSAGES / (time.perf_counter() - begun)
        lost = MESSAGES - len(set(seen))
        what = f"{MESSAGES:,} SQS messages in batches of 10, {lost} lost"
        return Row(what, f"{rate:,.0f} messages/s", bound="none lost", met=lost == 0)

    def stream(self) -> Row:
        """A backlog of records in one shard, in batches of 500."""
        self._kinesis.create_stream(StreamName="many", ShardCount=1)
        for start in range(0, RECORDS, 500):
            records = [
                {"Data": str(n).encode(), "PartitionKey": "k"} for n in range(start, start + 500)
            ]
            self._kinesis.put_records(StreamName="many", Records=records)
        told = self._function("clicks")
        begun = time.perf_counter()
        arn = "arn:aws:kinesis:us-east-1:123456789012:stream/many"
        self._map("clicks", arn, BatchSize=500, StartingPosition="TRIM_HORIZON")
        seen = [sent for _, sent in told.wait(RECORDS)]
        rate = RECORDS / (time.perf_counter() - begun)
        right = seen == [str(number) for number in range(RECORDS)]
        what = f"{RECORDS:,} Kinesis records in batches of 500"
        return Row(what, f"{rate:,.0f} records/s", bound="none lost, in order", met=right)

    def _queue(self, name: str) -> str:
        attributes = {"VisibilityTimeout": "300"}
        url: str = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def _function(self, name: str) -> Told:
        told = Told()
        create_function(self._lambda, name, CODE.format(port=told.port), peers.PYTHON_RUNTIME)
        return told

    def _map(self, function: str, source: str, **settings: Any) -> None:
        made = self._lambda.create_event_source_mapping(
            FunctionName=function, EventSourceArn=source, **settings
        )
        while self._lambda.get_event_source_mapping(UUID=made["UUID"])["State"] != "Enabled":
            time.sleep(0.02)

    def _send(self, queue: str, told: Told) -> Samples:
        """Milliseconds from before a message is sent to when it was received, a few times."""
        samples: Samples = []
        for _ in range(EACH):
            time.sleep(PAUSE)
            known = len(told.lines)
            self._sqs.send_message(QueueUrl=queue, MessageBody=repr(time.time()))
            received, sent = told.wait(known + 1)[-1]
            samples.append((received - float(sent)) * 1000)
        return samples


@contextlib.contextmanager
def _looping(url: str, queue: str, told: Told) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", BARE_LOOP, url, queue, str(told.port)])
    try:
        yield
    finally:
        process.kill()
        process.wait()
