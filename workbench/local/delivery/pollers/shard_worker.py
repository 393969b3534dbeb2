"""Reading one shard, its records shared out to lanes by their keys, and how far that is."""

from __future__ import annotations

import threading
import time
import zlib
from collections import deque
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from workbench.local.delivery.pollers.checkpoints import Checkpoints, Progress, Window
from workbench.local.delivery.pollers.shards import Record, Shard, StreamReader, iterator_at
from workbench.local.delivery.pollers.source import FIRST_PAUSE, longer

if TYPE_CHECKING:
    from workbench.local.delivery.pollers.stream import StreamSource

_LOCAL_PAUSE = 0.1  # seconds before a shard with nothing new is read again, at first
_AWS_PAUSE = 1.0  # and at most
_AWS_BETWEEN = 0.2  # five reads a second are allowed
_MOST_WAITING = 2000  # records that are read ahead, at least


class LaneQueue:
    """The records of one lane that are not done, the first of them being processed."""

    def __init__(self, after: str | None) -> None:
        self.records: deque[Record] = deque()
        self.arrived = 0.0  # when the oldest that waits came, on the monotonic clock
        self.done = after  # the last sequence number that is done
        self.window: Window | None = None

    def passed(self, record: Record) -> bool:
        """Whether the record was done in an earlier run."""
        return self.done is not None and int(record.sequence) <= int(self.done)


class ShardWorker:
    """What the thread that reads a shard and those of its lanes share.

    `closed` is set when the shard is known to get nothing more, `finished` once all of it is done.
    """

    def __init__(
        self,
        source: StreamSource,
        reader: StreamReader,
        shard: Shard,
        progress: Progress,
        iterator: str,
        checkpoints: Checkpoints,
    ) -> None:
        self.source = source
        self.shard = shard.id
        self.closed = shard.closed
        self.finished = False
        self.abandoned = False
        self.since = 0.0  # records that came before (epoch seconds) do not count
        self.changed = threading.Condition()
        self.ended = False  # all is read
        self.caught_up = 0.0  # when a read found nothing new, epoch seconds
        self._reader = reader
        self._iterator = iterator
        self._checkpoints = checkpoints
        self._progress = progress
        self._last: str | None = None  # read
        factor = source.mapping.parallelization
        before = progress.lanes if progress.factor == factor else {}
        self.lanes = [LaneQueue(before.get(str(number))) for number in range(factor)]
        for number, window in progress.windows.items() if before else ():
            self.lanes[int(number)].window = window
        self._left = factor

    def abandon(self) -> None:
        """The stream is another one: do no more and keep nothing."""
        with self.changed:
            self.abandoned = True
            self.changed.notify_all()

    @property
    def stopping(self) -> bool:
        """Whether to end without being done."""
        return self.abandoned or self.source.stopping.is_set()

    @property
    def waiting(self) -> int:
        """How many records are read and not done."""
        return sum(len(queue.records) for queue in self.lanes)

    # -- reading

    def read(self) -> None:
        """Read until the shard's end or until told to stop."""
        iterator: str | None = self._iterator
        pause = FIRST_PAUSE
        idle = first_idle = _LOCAL_PAUSE if self.source.is_local else _AWS_PAUSE
        while iterator is not None and self._has_room():
            closed = self.closed
            try:
                page = self._reader.read(self.shard, iterator)
                pause = FIRST_PAUSE
            except (BotoCoreError, ClientError) as error:
                self.source.report.count("PollingErrorCount")
                self.source.report.result(f"PROBLEM: {error}")
                self.source.stopping.wait(pause)
                pause = longer(pause)
                iterator = self._again(error, iterator)
                continue
            self._take(page.records)
            iterator = page.next
            if not page.records:
                if closed:
                    break
                self.source.stopping.wait(idle)
                idle = min(1.1 * idle, _AWS_PAUSE)
                continue
            idle = first_idle
            if not self.source.is_local:
                self.source.stopping.wait(_AWS_BETWEEN)
        with self.changed:
            self.ended = not self.stopping
            self.changed.notify_all()

    def _has_room(self) -> bool:
        """Wait until more may be read; False when it is over."""
        mapping = self.source.mapping
        most = max(2 * mapping.batch_size * mapping.parallelization, _MOST_WAITING)
        with self.changed:
            while not self.stopping and self.waiting >= most:
                self.changed.wait(0.5)
        return not self.stopping

    def _again(self, error: Exception, iterator: str) -> str:
        """The iterator to go on with after an error: iterators expire."""
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if code != "ExpiredIteratorException":
            return iterator
        read = self._progress
        if self._last is not None:
            read = replace(read, at=None, after=self._last)
        try:
            return iterator_at(self._reader, self.shard, read, fresh=False)
        except (BotoCoreError, ClientError):
            return iterator

    def _take(self, records: list[Record]) -> None:
        """Give each record to its lane."""
        report = self.source.report
        dropped = 0
        with self.changed:
            for record in records:
                self._last = record.sequence
                number = zlib.crc32(record.key.encode()) % len(self.lanes)
                queue = self.lanes[number]
                if queue.passed(record) or record.arrival < int(self.since):
                    continue
                if not record.wanted:
                    dropped += 1
                    continue
                if not queue.records:
                    queue.arrived = time.monotonic()
                queue.records.append(record)
            if not records:
                self.caught_up = time.time()
            waiting = self.waiting
            if records and not waiting:
                self._save()  # all of them were dropped
            self.changed.notify_all()
        report.count("PolledEventCount", len(records))
        report.count("FilteredOutEventCount", dropped)
        report.backlog(waiting)

    # -- progress

    def done(self, queue: LaneQueue, number: int) -> None:
        """The first `number` records of a lane are done: keep that on disk."""
        with self.changed:
            if self.abandoned:
                return
            for record in islice(queue.records, number):
                queue.done = record.sequence
            for _ in range(number):
                queue.records.popleft()
            queue.arrived = time.monotonic()
            self._save()
            self.changed.notify_all()
        self.source.report.count("CommittedEventCount", number)
        self.source.report.backlog(self.waiting)

    def _save(self) -> None:
        firsts = [queue.records[0].sequence for queue in self.lanes if queue.records]
        at = min(firsts, key=int) if firsts else None
        lanes = {str(n): q.done for n, q in enumerate(self.lanes) if q.done is not None}
        windows = {str(n): q.window for n, q in enumerate(self.lanes) if q.window is not None}
        self._progress = replace(
            self._progress,
            at=at,
            after=None if at else self._last or self._progress.after,
            factor=len(self.lanes),
            lanes=lanes,
            windows=windows,
        )
        self._checkpoints.put(self.source.mapping.uuid, self.shard, self._progress)

    def lane_over(self) -> None:
        """A lane has nothing more to do; with the last one the shard is finished."""
        with self.changed:
            self._left -= 1
            if self._left == 0 and self.ended and not self.stopping:
                self.finished = True
