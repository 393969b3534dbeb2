"""Consuming a queue of Amazon MQ for RabbitMQ (lambda-facts §7.4).

One thread has the connection, and answers the broker's heartbeats while another invokes: one batch
at a time, in the queue's order. Messages are acknowledged when the function has succeeded; when it
fails they go back to where they were in the queue, and are consumed again after a pause.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import pika
from botocore.exceptions import BotoCoreError, ClientError
from pika.exceptions import AMQPError

from workbench.local.delivery.pollers.invoke import Outcome
from workbench.local.delivery.pollers.mapping import MAX_EVENT
from workbench.local.delivery.pollers.rabbitmq_event import rabbitmq_record
from workbench.local.delivery.pollers.source import FIRST_PAUSE, Source, longer

_BACKLOG_SECONDS = 5.0  # between looks at the queue's length
_CONNECTING_SECONDS = 10.0
_MOST_PREFETCHED = 65_535  # what the protocol can say
_NEVER = (400, 413)  # the same batch would be refused again: a loop, or more than an event can be


class AccessError(Exception):
    """The broker cannot be logged in to. The message is for a person."""


@dataclass(frozen=True, slots=True)
class _Message:
    tag: int
    record: dict[str, Any]
    size: int


class RabbitSource(Source):
    """The consumer of one mapping."""

    _connection: pika.BlockingConnection | None = None

    def stop(self) -> None:
        """Take nothing more; what is in flight is finished."""
        super().stop()
        self._wake()

    def _wake(self) -> None:
        """Let the thread that waits for the broker look what there is."""
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(AMQPError):  # it has just been closed
                connection.add_callback_threadsafe(lambda: None)

    def run(self) -> None:
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            try:
                self._connect()
                pause = FIRST_PAUSE
                self._consume()
            except (AMQPError, OSError, AccessError, BotoCoreError, ClientError) as error:
                self.report.count("PollingErrorCount")
                self.report.result(f"PROBLEM: Connection error. {in_words(error)}")
                self.report.running(self.mapping.revision)
                self.stopping.wait(pause)
                pause = longer(pause)
            finally:
                self._close()

    # -- the connection

    def _connect(self) -> None:
        """Connect and begin to consume. Raises what `run` tells of."""
        mapping = self.mapping
        if mapping.broker is None:
            raise AccessError(
                "Where the broker is has to be said: "
                f"workbench serve --broker {mapping.source_arn}=amqp://127.0.0.1:5672, "
                "or [brokers] in your config"
            )
        parameters = pika.URLParameters(mapping.broker)
        parameters.virtual_host = mapping.virtual_host
        parameters.credentials = self._credentials()
        parameters.socket_timeout = parameters.stack_timeout = _CONNECTING_SECONDS
        parameters.client_properties = {"connection_name": f"AWS Lambda {mapping.uuid}"}
        self._connection = pika.BlockingConnection(parameters)
        channel = self._channel = self._connection.channel()
        self._waiting: deque[_Message] = deque()
        channel.basic_qos(prefetch_count=min(mapping.batch_size, _MOST_PREFETCHED))
        self._look()
        channel.basic_consume(mapping.queue, self._came)
        self.report.running(mapping.revision)

    def _credentials(self) -> pika.PlainCredentials:
        secret = self.mapping.secret
        if secret is None:
            raise AccessError("SourceAccessConfigurations has no BASIC_AUTH.")
        client = self.client("secretsmanager")
        try:
            text = client.get_secret_value(SecretId=secret)["SecretString"]
        finally:
            client.close()
        try:
            found = json.loads(text)
            return pika.PlainCredentials(str(found["username"]), str(found["password"]))
        except (ValueError, KeyError, TypeError):
            raise AccessError(f"{secret} has no JSON with username and password.") from None

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(AMQPError, OSError):
                connection.close()  # what is not acknowledged goes back to the queue

    def _came(self, channel: object, method: Any, properties: Any, body: bytes) -> None:
        record = rabbitmq_record(properties, method.redelivered, body)
        self._waiting.append(_Message(method.delivery_tag, record, len(json.dumps(record))))

    def _look(self) -> None:
        """Read the queue's length; raises AMQPError when there is no such queue (any more)."""
        found = self._channel.queue_declare(self.mapping.queue, passive=True)
        self.report.backlog(found.method.message_count)

    def _listen(self, seconds: float) -> None:
        """Let the broker say something, for so long at most."""
        assert self._connection is not None
        self._connection.process_data_events(time_limit=seconds)

    # -- batches

    def _consume(self) -> None:
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            if not self._waiting:
                until = time.monotonic() + _BACKLOG_SECONDS
                while not self._waiting and not self.stopping.is_set():
                    if (left := until - time.monotonic()) <= 0:
                        break
                    self._listen(left)
                self._look()
                continue
            batch = self._passing(self._batch())
            if not batch or self.stopping.is_set():
                continue
            if self._succeeds(batch):
                pause = FIRST_PAUSE
                self._channel.basic_ack(batch[-1].tag, multiple=True)
                self.report.count("DeletedEventCount", len(batch))
                continue
            # All that was prefetched goes back too, or it would be ahead of what failed.
            self._waiting.clear()
            self._channel.basic_nack(0, multiple=True, requeue=True)
            self._rest(pause)
            pause = longer(pause)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping.is_set() and (left := until - time.monotonic()) > 0:
            self._listen(left)

    def _batch(self) -> list[_Message]:
        """Messages for one event: those that are there, or that come within the window."""
        until = time.monotonic() + self.mapping.window
        size = number = 0
        while not self.stopping.is_set():
            while number < len(self._waiting) and number < self.mapping.batch_size:
                size += self._waiting[number].size
                if number and size > MAX_EVENT - len(self.mapping.source_arn) - 1000:
                    return self._taken(number)
                number += 1
            left = until - time.monotonic()
            if number == self.mapping.batch_size or left <= 0:
                break
            self._listen(left)
        return self._taken(number)

    def _taken(self, number: int) -> list[_Message]:
        self.report.count("PolledEventCount", number)
        return [self._waiting.popleft() for _ in range(number)]

    def _passing(self, batch: list[_Message]) -> list[_Message]:
        """Those that the filters let pass; the others are acknowledged."""
        passing = []
        for message in batch:
            if self.mapping.filters.matches(message.record):
                passing.append(message)
            else:
                self._channel.basic_ack(message.tag)
        self.report.count("FilteredOutEventCount", len(batch) - len(passing))
        return passing

    # -- to the function

    def _succeeds(self, batch: list[_Message]) -> bool:
        """Whether the batch is done with. Waits while there is no room to invoke."""
        mapping = self.mapping
        queue = f"{mapping.queue}::{mapping.virtual_host}"
        event = {
            "eventSource": "aws:rmq",
            "eventSourceArn": mapping.source_arn,
            "rmqMessagesByQueue": {queue: [message.record for message in batch]},
        }
        text = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        pause = FIRST_PAUSE
        while True:
            outcome = self._outcome(text)
            if outcome.ran or outcome.status in _NEVER or self.stopping.is_set():
                break
            self._rest(pause)
            pause = longer(pause)
        if outcome.ran and outcome.function_error is None:
            self.report.count("InvokedEventCount", len(batch))
            return True
        self.report.count("FailedInvokeEventCount", len(batch))
        return outcome.status in _NEVER

    def _outcome(self, event: bytes) -> Outcome:
        """Invoke in another thread, and listen to the broker meanwhile."""
        outcomes: list[Outcome] = []
        over = threading.Event()

        def invoke() -> None:
            try:
                outcomes.append(self.invoke(event))
            finally:
                over.set()
                self._wake()

        self.spawn(invoke)
        try:
            while not over.is_set():
                self._listen(1.0)
        finally:
            over.wait()  # a broken connection must not let the next batch begin beside this one
        return outcomes[0] if outcomes else Outcome(0)


def in_words(error: BaseException) -> str:
    """What went wrong, for a person; many of pika's errors say it in an error that they hold."""
    for inner in (getattr(error, "exception", None), *error.args):
        if isinstance(inner, BaseException):
            return in_words(inner)
    return str(error) or type(error).__name__
