"""Polling an SQS queue (lambda-facts §7.2).

Lanes are threads that receive a batch, invoke the function with it and delete what succeeded, over
and over. One waits for messages; as they come it is joined by more, up to the concurrency that
Lambda would have reached by then. What fails stays hidden until the queue's visibility timeout.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workbench.local.delivery import lineage
from workbench.local.delivery.pollers.batch_failures import failed_items
from workbench.local.delivery.pollers.mapping import MAX_EVENT
from workbench.local.delivery.pollers.source import FIRST_PAUSE, Source, longer
from workbench.local.delivery.pollers.sqs_event import sqs_record

FIRST_CONCURRENCY = 5
ADDED_PER_SECOND = 5  # 300 a minute
MOST_CONCURRENCY = 1250
PER_RECEIVE = 10
RECEIVING = 5  # lanes that receive at the same time while there is a backlog
AWS_WAIT = 20  # seconds of a long poll
LOCAL_WAIT = 1
_BACKLOG_SECONDS = 5.0  # between looks at the queue's length
_ENVELOPE = len('{"Records":[]}')


@dataclass(frozen=True, slots=True)
class _Message:
    id: str
    handle: str
    text: bytes  # the record in JSON
    trace: str | None


class QueueSource(Source):
    """The lanes of one mapping."""

    def run(self) -> None:
        self._sqs = self.client("sqs")
        self._receiving = 0
        self._lanes = 1
        self._throttled = 0  # lanes that wait for room to invoke
        self._backlog = False
        self._busy_since = 0.0
        self._looked = 0.0
        self._url = ""
        self._visibility = 30.0
        self._mark = lineage.mark(self.mapping.function)
        if self._find_queue():
            self._lane()

    def _find_queue(self) -> bool:
        """Learn of the queue, however long it takes; False when told to stop before."""
        *_, account, name = self.mapping.source_arn.split(":")
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            try:
                found = self._sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
                self._url = found["QueueUrl"]
                self._look()
                self.report.running(self.mapping.revision)
                return True
            except (BotoCoreError, ClientError) as error:
                self.report.result(f"PROBLEM: {error}")
                self.report.running(self.mapping.revision)
                self.stopping.wait(pause)
                pause = longer(pause)
        return False

    def _look(self) -> None:
        """Read what may change of the queue: its visibility timeout and its length."""
        self._looked = time.monotonic()
        names = ["VisibilityTimeout", "ApproximateNumberOfMessages"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        attributes = found["Attributes"]
        self._visibility = float(attributes.get("VisibilityTimeout", 30))
        self.report.backlog(int(attributes.get("ApproximateNumberOfMessages", 0)))

    # -- lanes

    def _lane(self) -> None:
        """Work until another lane waits for messages and there are not enough for both."""
        pause = FIRST_PAUSE
        while self._may_receive():
            number = 0
            try:
                messages, number = self._receive_batch()
                pause = FIRST_PAUSE
            except (BotoCoreError, ClientError) as error:
                self.report.count("PollingErrorCount")
                self.report.result(f"PROBLEM: Connection error. {error}")
                self.stopping.wait(pause)
                pause = longer(pause)
                continue
            finally:
                self._received(number)
            for batch in _within_limit(messages):
                self._deliver(batch)

    def _may_receive(self) -> bool:
        """Take a place among those that receive; without one the lane is over."""
        with self._lock:
            if self.stopping.is_set() or self._receiving >= self._places():
                self._lanes -= 1
                return False
            self._receiving += 1
            return True

    def _received(self, number: int) -> None:
        """Give the place back, so many messages having come."""
        with self._lock:
            self._receiving -= 1
            self._backlog = number >= min(PER_RECEIVE, self.mapping.batch_size)
            if not number:
                self._busy_since = 0.0
            elif not self._busy_since:
                self._busy_since = time.monotonic()

    def _look_for_more(self) -> None:
        """Have another lane look for messages while this one waits for the function."""
        with self._lock:
            more = (
                not self.stopping.is_set()
                and not self._throttled
                and self._receiving < self._places()
                and self._lanes < self._limit()
            )
            self._lanes += more
        if more:
            self.spawn(self._lane)

    def _places(self) -> int:
        return RECEIVING if self._backlog else 1

    def _limit(self) -> int:
        """How many lanes there may be by now."""
        busy = time.monotonic() - self._busy_since if self._busy_since else 0.0
        reached = FIRST_CONCURRENCY + int(ADDED_PER_SECOND * busy)
        return min(reached, self.mapping.concurrency or MOST_CONCURRENCY)

    # -- from the queue

    def _receive_batch(self) -> tuple[list[_Message], int]:
        """Messages for one batch: those that are there, or that come within the window; and how
        many came in all, with those that the filters drop."""
        if time.monotonic() - self._looked > _BACKLOG_SECONDS:
            self._look()
        wanted = self.mapping.batch_size
        messages, number = self._receive(min(PER_RECEIVE, wanted), self._patience())
        until = time.monotonic() + self.mapping.window
        size = sum(len(message.text) for message in messages)
        while number and self.mapping.window and number < wanted and size < MAX_EVENT:
            left = until - time.monotonic()
            if left <= 0 or self.stopping.is_set():
                break
            wait = int(min(left, self._patience()))
            more, came = self._receive(min(PER_RECEIVE, wanted - number), wait)
            if not came:
                self.stopping.wait(min(0.05, left))
            number += came
            size += sum(len(message.text) for message in more)
            messages += more
        return messages, number

    def _patience(self) -> int:
        """How long a long poll waits, in seconds."""
        return LOCAL_WAIT if self.is_local else AWS_WAIT

    def _receive(self, number: int, wait: int) -> tuple[list[_Message], int]:
        """Receive once: the messages that pass the filters, and how many came in all."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=number,
            WaitTimeSeconds=wait,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        received = answer.get("Messages", [])
        passing: list[_Message] = []
        dropped: list[str] = []
        for message in received:
            record = sqs_record(self.mapping, message)
            if self.mapping.filters.matches(record):
                passing.append(_message(record))
            else:
                dropped.append(record["receiptHandle"])
        self.report.count("PolledEventCount", len(received))
        self.report.count("FilteredOutEventCount", len(dropped))
        self._delete(dropped)
        return passing, len(received)

    def _delete(self, handles: list[str]) -> None:
        for start in range(0, len(handles), PER_RECEIVE):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle}
                for number, handle in enumerate(handles[start : start + PER_RECEIVE])
            ]
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            self.report.count("DeletedEventCount", len(answer.get("Successful", ())))

    # -- to the function

    def _deliver(self, batch: list[_Message]) -> None:
        """Invoke with a batch; delete what succeeded, leave the rest to the queue."""
        event = b'{"Records":[' + b",".join(message.text for message in batch) + b"]}"
        failed = self._failed(batch, event)
        gone = [message.handle for message in batch if message.id not in failed]
        self.report.count("FailedInvokeEventCount", len(failed))
        try:
            self._delete(gone)
        except (BotoCoreError, ClientError) as error:
            self.report.result(f"PROBLEM: Connection error. {error}")

    def _failed(self, batch: list[_Message], event: bytes) -> set[str]:
        """The ids of the messages that did not succeed."""
        everything = {message.id for message in batch}
        trace = lineage.of_batch((message.trace for message in batch), self._mark)
        until = time.monotonic() + self._visibility  # then the messages are seen again
        pause, waiting = FIRST_PAUSE, False
        try:
            while True:
                outcome = self.invoke(event, trace, self._look_for_more)
                late = time.monotonic() + pause >= until
                if outcome.ran or outcome.refused or late:
                    break
                if not waiting:
                    waiting = True
                    self._throttle(1)
                if self.stopping.wait(pause):
                    break
                pause = longer(pause)
        finally:
            if waiting:
                self._throttle(-1)
        if not outcome.ran or outcome.function_error is not None:
            return everything
        self.report.count("InvokedEventCount", len(batch))
        if not self.mapping.partial:
            return set()
        failed = failed_items(outcome.payload, everything)
        return everything if failed is None else failed

    def _throttle(self, change: int) -> None:
        """While lanes wait for room to invoke there are no new ones."""
        with self._lock:
            self._throttled += change


def _message(record: dict[str, Any]) -> _Message:
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
    trace: str | None = record["attributes"].get("AWSTraceHeader")
    return _Message(record["messageId"], record["receiptHandle"], text, trace)


def _within_limit(messages: list[_Message]) -> Iterator[list[_Message]]:
    """The messages in batches of at most 6 MB, in order; none for no messages."""
    batch: list[_Message] = []
    size = _ENVELOPE
    for message in messages:
        added = len(message.text) + 1
        if batch and size + added > MAX_EVENT:
            yield batch
            batch, size = [], _ENVELOPE
        batch.append(message)
        size += added
    if batch:
        yield batch
