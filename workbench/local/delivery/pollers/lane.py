"""One lane of a shard: batches in order, each until it succeeds or is given up (§7.3)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError

from workbench.local.delivery.pollers import failure_record, stream_batch
from workbench.local.delivery.pollers.checkpoints import Window
from workbench.local.delivery.pollers.invoke import Outcome
from workbench.local.delivery.pollers.shard_worker import LaneQueue, ShardWorker
from workbench.local.delivery.pollers.shards import Record
from workbench.local.delivery.pollers.source import FIRST_PAUSE, longer
from workbench.local.delivery.pollers.stream_batch import Batch

_IDLE_SECONDS = 1.0
_DESTINATION_ATTEMPTS = 3


class Lane:
    """Processes what is in a LaneQueue."""

    def __init__(self, worker: ShardWorker, queue: LaneQueue) -> None:
        self._worker = worker
        self._queue = queue
        self._source = worker.source
        self._mapping = worker.source.mapping

    def run(self) -> None:
        """Work until the shard is finished or the source stops."""
        try:
            while (batch := self._next()) is not None:
                if not self._process(batch):
                    return
        finally:
            self._source.report.stalled(self._worker.shard, None)
            self._worker.lane_over()

    # -- batches

    def _next(self) -> Batch | None:
        """The next batch, when it is full or its window is over; None when there is no more."""
        worker, queue = self._worker, self._queue
        with worker.changed:
            while not worker.stopping:
                if self._window_over():
                    return Batch((), final=True)
                number = self._ready()
                if number:
                    return Batch(list(islice(queue.records, number)))
                if worker.ended and not queue.records:
                    return None if queue.window is None else Batch((), final=True)
                worker.changed.wait(self._patience())
        return None

    def _ready(self) -> int:
        """How many records make a batch now."""
        worker, queue, mapping = self._worker, self._queue, self._mapping
        if not queue.records:
            return 0
        number = stream_batch.fitting(queue.records, mapping.batch_size)
        if mapping.tumbling is not None:
            number, cut = self._in_window(number)
            if cut:
                return number
        full = number == mapping.batch_size or number < len(queue.records)
        over = time.monotonic() >= queue.arrived + mapping.window
        return number if full or over or worker.ended else 0

    def _patience(self) -> float:
        if self._queue.records:
            left = self._queue.arrived + self._mapping.window - time.monotonic()
            return max(0.001, min(left, _IDLE_SECONDS))
        return 0.1 if self._queue.window else _IDLE_SECONDS

    def _in_window(self, number: int) -> tuple[int, bool]:
        """How many of the first records belong to the window that is open, opening it if there is
        none; and whether others follow."""
        queue, length = self._queue, self._mapping.tumbling
        assert length is not None
        if queue.window is None:
            queue.window = Window(stream_batch.window_start(queue.records[0].arrival, length))
        end = queue.window.start + length
        for inside, record in enumerate(islice(queue.records, number)):
            if record.arrival >= end:
                return inside, True
        return number, False

    def _window_over(self) -> bool:
        """Whether all records of the open window are done."""
        window, length = self._queue.window, self._mapping.tumbling
        if window is None or length is None:
            return False
        if self._queue.records:
            return self._queue.records[0].arrival >= window.start + length
        # Read after its end: nothing of it can still come.
        return self._worker.caught_up > window.start + length

    # -- one batch

    def _process(self, batch: Batch) -> bool:
        """Have a batch done or given up; False when told to stop before."""
        todo = [batch]
        while todo:
            current = self._without_old(todo.pop())
            if not current.records and not current.final:
                continue
            outcome = self._invoke(current)
            if outcome is None:
                return False
            if not outcome.ran:  # it became too old meanwhile
                todo.append(current)
                continue
            current = replace(current, invocations=current.invocations + 1)
            following = self._finish(current, self._keep_state(current, outcome))
            todo.extend(reversed(following))
            again = following and following[0].failures > current.failures
            if again and not self._wait_to_retry(following[0]):
                return False
        return not self._worker.stopping

    def _finish(self, batch: Batch, outcome: Outcome) -> list[Batch]:
        """Keep what an invocation has done of a batch; what is to be tried next of the rest."""
        if batch.final:
            most = self._mapping.max_retries
            if outcome.function_error is None or (most is not None and batch.failures >= most):
                self._close_window()
                return []
            return [replace(batch, failures=batch.failures + 1)]
        left = stream_batch.failed_records(batch, outcome, self._mapping)
        self._done(len(batch.records) - len(left))
        self._source.report.count("FailedInvokeEventCount", len(left))
        if not left:
            self._source.report.stalled(self._worker.shard, None)
            return []
        following = stream_batch.after_failure(batch, left, self._mapping)
        if following is None:
            self._give_up(batch, failure_record.EXHAUSTED, outcome)
        return following or []

    def _invoke(self, batch: Batch, terminated: bool = False) -> Outcome | None:
        """Invoke until the function ran, however often there is no room for it, or until the
        batch has a record that is too old; None when told to stop before."""
        if batch.records:
            self._source.report.iterator_age(time.time() - batch.records[-1].arrival)
        pause = FIRST_PAUSE
        while not self._worker.stopping:
            outcome = self._source.invoke(self._event(batch, terminated))
            if outcome.ran:
                self._source.report.count("InvokedEventCount", len(batch.records))
            if outcome.ran or self._too_old(batch.records):
                return outcome
            self._source.stopping.wait(pause)
            pause = longer(pause)
        return None

    def _event(self, batch: Batch, terminated: bool = False) -> bytes:
        worker = self._worker
        return stream_batch.event(
            batch, self._mapping, worker.shard, self._queue.window, terminated
        )

    def _done(self, number: int) -> None:
        if number:
            self._worker.done(self._queue, number)

    def _wait_to_retry(self, batch: Batch) -> bool:
        """Tell what holds up the shard and wait; False when told to stop."""
        pause = stream_batch.retry_pause(batch.failures, self._source.surroundings.time_scale)
        self._tell_stalled(batch, pause)
        until = time.monotonic() + pause
        with self._worker.changed:
            while not self._worker.stopping and (left := until - time.monotonic()) > 0:
                self._worker.changed.wait(min(left, _IDLE_SECONDS))
        return not self._worker.stopping

    def _tell_stalled(self, batch: Batch, pause: float) -> None:
        records = batch.records
        self._source.report.stalled(
            self._worker.shard,
            {
                "Shard": self._worker.shard,
                "FirstRecord": records[0].sequence if records else None,  # None: a window's end
                "Records": len(records),
                "Failures": batch.failures,
                "NextTry": time.time() + pause,
                "Behind": len(self._queue.records) - len(records),
            },
        )

    # -- giving up

    def _too_old(self, records: Sequence[Record]) -> bool:
        """Whether the first of the records is given up already."""
        age = self._mapping.max_age
        return age is not None and bool(records) and time.time() - records[0].arrival > age

    def _without_old(self, batch: Batch) -> Batch:
        """The batch without records that are too old, which are given up."""
        age = self._mapping.max_age
        if age is None or not batch.records:
            return batch
        oldest = time.time() - age
        number = next(
            (n for n, record in enumerate(batch.records) if record.arrival >= oldest),
            len(batch.records),
        )
        if number:
            old = replace(batch, records=batch.records[:number])
            self._give_up(old, failure_record.TOO_OLD, None)
        return replace(batch, records=batch.records[number:])

    def _give_up(self, batch: Batch, condition: str, outcome: Outcome | None) -> None:
        """Tell the destination, if there is one, and go on behind the batch."""
        report, mapping = self._source.report, self._mapping
        report.count("DroppedEventCount", len(batch.records))
        if mapping.on_failure:
            record = failure_record.failure_record(
                mapping, self._worker.shard, batch.records, condition, batch.invocations, outcome
            )
            self._tell_destination(record, self._event(batch))
        self._done(len(batch.records))
        report.stalled(self._worker.shard, None)

    def _tell_destination(self, record: dict[str, object], event: bytes) -> None:
        report = self._source.report
        for attempt in range(1, _DESTINATION_ATTEMPTS + 1):
            try:
                failure_record.send(self._source.client, self._mapping, record, event)
                report.count("OnFailureDestinationDeliveredEventCount")
                return
            except (BotoCoreError, ClientError) as error:
                report.count("OnFailureDestinationDeliveryErrorCount")
                report.result(f"PROBLEM: The on-failure destination refused a record. {error}")
                if attempt < _DESTINATION_ATTEMPTS:
                    self._source.stopping.wait(attempt * FIRST_PAUSE)

    # -- tumbling windows

    def _keep_state(self, batch: Batch, outcome: Outcome) -> Outcome:
        """Keep the state that a function returned; without one, its invocation failed. A state
        that is too large ends the window early."""
        window = self._queue.window
        if window is None or self._mapping.tumbling is None or batch.final:
            return outcome
        if outcome.function_error is not None:
            return outcome
        state = stream_batch.returned_state(outcome)
        if state is None:
            return replace(outcome, function_error="Unhandled")
        self._queue.window = replace(window, state=state)
        too_large = len(state.encode()) > stream_batch.MAX_STATE
        if too_large and self._invoke(Batch((), final=True), terminated=True) is not None:
            self._queue.window = Window(window.start)
        return outcome

    def _close_window(self) -> None:
        self._queue.window = None
        self._worker.done(self._queue, 0)
        self._source.report.stalled(self._worker.shard, None)
