"""The queue-worker and the poison-pill sample in one project, under `kill -9` of what runs them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.samples import copy_sample_functions

SERVER, SERVICES, FUNCTION = "server", "services", "function"

_REPOSITORY = Path(__file__).parents[1]
_LIMIT = 60.0
_PAUSE = 0.04  # between two that are sent
_EVERY = 20  # one of so many orders, and of so many readings, is bad
_PROGRESS = 5  # records between two kills, of each source

# Each line: what an invocation that ended well has done, and by which process.
_TELLING = """

import base64 as _base64, os as _os

_sample = handler


def handler(event, context):
    _tell([])
    answer = _sample(event, context)
    failed = [item["itemIdentifier"] for item in (answer or {{}}).get("batchItemFailures", ())]
    done = [_number(one) for one in event["Records"] if one.get("messageId") not in failed]
    _tell(done)
    return answer


def _number(record):
    if "kinesis" in record:
        return json.loads(_base64.b64decode(record["kinesis"]["data"]))["celsius"]
    return json.loads(record["body"])["quantity"]


def _tell(done):
    with open("{told}", "a") as file:
        file.write(json.dumps({{"Pid": _os.getpid(), "Done": done}}) + "\\n")
"""


@dataclass(frozen=True)
class Outcome:
    """What became of what was sent to one source. `put_aside` were given up: the bad ones, and
    what was tried as often as the sample allows while its function was killed. `resent` had got no
    answer and were sent again, and `duplicates` were handled more than once."""

    source: str
    sent: int
    handled: int
    put_aside: int
    lost: int
    duplicates: int
    out_of_order: int
    resent: int


class Trial:
    """The project served in `folder`; functions write there what they did. A message that was
    received `receives` times goes to the dead-letter queue, also if those who had it were killed.
    """

    def __init__(self, folder: Path, receives: int) -> None:
        self._folder = folder
        self.root = _project(folder, receives)
        self._process: subprocess.Popen[str] | None = None
        self._url = ""
        self._over = threading.Event()
        self._problems: list[BaseException] = []
        self._sent: dict[str, list[int]] = {"Worker": [], "Readings": []}
        self._failed_orders: set[int] = set()
        self._put_aside = {"Worker": self._in_dead_letters, "Readings": self._in_quarantine}
        self._resent: dict[str, int] = {"Worker": 0, "Readings": 0}
        self._senders = [
            threading.Thread(target=self._send, args=args)
            for args in (("Worker", "sqs", self._order), ("Readings", "kinesis", self._reading))
        ]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Served, with orders and readings coming in."""
        self._serve()
        try:
            for sender in self._senders:
                sender.start()
            yield
        finally:
            self._over.set()
            for sender in self._senders:
                if sender.is_alive():
                    sender.join()
            assert self._process is not None
            self._process.send_signal(signal.SIGINT)
            self._process.communicate(timeout=_LIMIT)

    def kill(self, what: str) -> None:
        """`kill -9` once both functions have done some more."""
        known = {name: len(self._done(name)) for name in self._sent}
        self._until(lambda: all(len(self._done(name)) >= known[name] + _PROGRESS for name in known))
        assert self._process is not None
        match what:
            case "server":
                self._process.kill()
                self._process.communicate()
                self._serve()
            case "services":
                _kill(_child(self._process.pid, "embedded_process"))
            case _:
                for name in self._sent:
                    _kill(self._lines(name)[-1]["Pid"])

    def outcomes(self) -> Sequence[Outcome]:
        """Stop sending and wait until all is done."""
        self._over.set()
        for sender in self._senders:
            sender.join()
        if self._problems:
            raise self._problems[0]
        with contextlib.suppress(AssertionError):  # then something is lost
            for name in self._sent:
                self._until(lambda n=name: not self._left(n))  # type: ignore[misc]
        return [self._outcome(name) for name in self._sent]

    def _left(self, name: str) -> set[int]:
        """What nothing has become of yet. A bad one is never done, so it has to be put aside."""
        return set(self._sent[name]) - set(self._done(name)) - self._put_aside[name]()

    def _outcome(self, name: str) -> Outcome:
        done = self._done(name)
        firsts = list(dict.fromkeys(done))
        wrong = sum(later < earlier for earlier, later in itertools.pairwise(firsts))
        return Outcome(
            {"Worker": "SQS queue", "Readings": "Kinesis stream"}[name],
            len(self._sent[name]),
            len(firsts),
            len(self._put_aside[name]()),
            len(self._left(name)),
            len(done) - len(firsts),
            wrong if name == "Readings" else 0,
            self._resent[name],
        )

    # -- the server

    def _serve(self) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        command = [sys.executable, "-m", "workbench", "serve", str(self.root), "--time-scale", "20"]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._folder,
            env={**kept, "PYTHONPATH": str(_REPOSITORY)},
        )
        assert self._process.stdout is not None
        said = "Lambda endpoint: "
        line = next(line for line in self._process.stdout if line.startswith(said))
        self._url = line.removeprefix(said).strip()

    def _client(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}),
        )

    # -- what is sent

    def _send(self, name: str, service: str, one: Callable[[Any, int, bool], None]) -> None:
        """One after the other, each until there is an answer."""
        from botocore.exceptions import BotoCoreError, ClientError

        number, url, client = 0, "", None
        try:
            while not self._over.is_set():
                number += 1
                bad = number % _EVERY == 0
                for attempt in range(1000):
                    if url != self._url:
                        url, client = self._url, self._client(service)
                    try:
                        one(client, number, bad)
                        break
                    except (BotoCoreError, ClientError):
                        self._resent[name] += attempt == 0
                        time.sleep(0.05)
                self._sent[name].append(number)
                time.sleep(_PAUSE)
        except BaseException as error:
            self._problems.append(error)

    def _order(self, sqs: Any, number: int, bad: bool) -> None:
        order = {"order": f"order-{number}", "quantity": -number if bad else number}
        url = f"{self._url}/123456789012/Orders"
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(order))

    def _reading(self, kinesis: Any, number: int, bad: bool) -> None:
        reading = json.dumps({"sensor": f"sensor-{number}", "celsius": number})
        data = reading[:-4] if bad else reading
        kinesis.put_record(StreamName="Measurements", Data=data.encode(), PartitionKey="sensors")

    # -- what was done

    def _lines(self, name: str) -> list[dict[str, Any]]:
        path = self._folder / f"{name}.jsonl"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def _done(self, name: str) -> list[int]:
        return [number for line in self._lines(name) for number in line["Done"]]

    def _in_dead_letters(self) -> set[int]:
        sqs, url = self._client("sqs"), f"{self._url}/123456789012/FailedOrders"
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                self._failed_orders.add(abs(json.loads(message["Body"])["quantity"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self._failed_orders

    def _in_quarantine(self) -> set[int]:
        items = self._client("dynamodb").scan(TableName="BadRecords")["Items"]
        return {int(item["data"]["S"].partition("sensor-")[2].partition('"')[0]) for item in items}

    def _until(self, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + _LIMIT
        while not holds():
            if self._problems:
                raise self._problems[0]
            assert time.monotonic() < limit, "nothing goes on"
            time.sleep(0.05)


def _project(folder: Path, receives: int) -> Path:
    """Both samples in one project: the worker and what it needs beside the readings."""
    root = copy_sample_functions(folder / "project", "poison-pill")
    worker = copy_sample_functions(folder / "queue-worker", "queue-worker")
    (worker / "worker").rename(root / "worker")
    _, _, added = (worker / "template.yaml").read_text("utf-8").partition("\n  Worker:\n")
    template = root / "template.yaml"
    text = f"{template.read_text('utf-8')}\n  Worker:\n{added}"
    # In-flight messages of a process that was killed are soon there again.
    text = text.replace("VisibilityTimeout: 5\n", "VisibilityTimeout: 2\n")
    text = text.replace("  Timeout: 10\n", "    Timeout: 2\n".removeprefix("  "))
    text = text.replace("maxReceiveCount: 3", f"maxReceiveCount: {receives}")
    names = ("Orders", "FailedOrders", "Measurements", "BadRecords")
    for name in names:
        text = _named(text, name)
    template.write_text(text, "utf-8")
    for name, function in (("Worker", "worker"), ("Readings", "readings")):
        handler = root / function / "handler.py"
        telling = _TELLING.format(told=folder / f"{name}.jsonl")
        handler.write_text(handler.read_text("utf-8") + telling, "utf-8")
    return root


def _named(text: str, resource: str) -> str:
    """The template with a resource that bears its logical id as its name."""
    kinds = {
        "AWS::SQS::Queue": "QueueName",
        "AWS::Kinesis::Stream": "Name",
        "AWS::Serverless::SimpleTable": "TableName",
    }
    for kind, member in kinds.items():
        begin = f"  {resource}:\n    Type: {kind}\n    Properties:\n"
        text = text.replace(begin, f"{begin}      {member}: {resource}\n")
    return text


def _child(pid: int, name: str) -> int:
    """The process that `pid` started with `name` in its command line."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            if name in Path(f"/proc/{child}/cmdline").read_bytes().decode():
                return int(child)
    raise AssertionError(f"{name} does not run")


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
