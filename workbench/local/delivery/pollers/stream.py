"""Polling a Kinesis or DynamoDB stream: which of its shards are read, from where (§7.3).

Children of a shard that was split or merged are read when their parents are done. How far each
shard is stays on disk, so a kill of anything repeats at most what was in flight.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from workbench.local.delivery.pollers.checkpoints import Checkpoints, Progress
from workbench.local.delivery.pollers.lane import Lane
from workbench.local.delivery.pollers.mapping import PolledMapping, Surroundings
from workbench.local.delivery.pollers.reports import Report
from workbench.local.delivery.pollers.shard_worker import ShardWorker
from workbench.local.delivery.pollers.shards import (
    DynamoDBReader,
    KinesisReader,
    Shard,
    StreamReader,
    iterator_at,
)
from workbench.local.delivery.pollers.source import FIRST_PAUSE, Source, longer

_LOCAL_LOOK_SECONDS = 3.0  # between looks at which shards there are
_AWS_LOOK_SECONDS = 30.0


class StreamSource(Source):
    """The shards of one mapping's stream."""

    def __init__(
        self,
        mapping: PolledMapping,
        surroundings: Surroundings,
        report: Report,
        ended: Callable[[], None],
        checkpoints: Checkpoints,
    ) -> None:
        super().__init__(mapping, surroundings, report, ended)
        self._checkpoints = checkpoints
        self._workers: dict[str, ShardWorker] = {}
        self._stream: str | None = None

    def run(self) -> None:
        """Look which shards there are, now and then, and have those read that are due."""
        reader = self._reader()
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            try:
                self._look(reader)
                self.report.running(self.mapping.revision)
                pause = FIRST_PAUSE
                self._until_next_look()
            except (BotoCoreError, ClientError) as error:
                self.report.result(f"PROBLEM: {error}")
                self.report.running(self.mapping.revision)
                self.report.count("PollingErrorCount")
                self.stopping.wait(pause)
                pause = longer(pause)

    def _reader(self) -> StreamReader:
        if self.mapping.kind == "kinesis":
            return KinesisReader(self.client("kinesis"), self.mapping)
        return DynamoDBReader(self.client("dynamodbstreams"), self.mapping)

    def _until_next_look(self) -> None:
        seconds = _LOCAL_LOOK_SECONDS if self.is_local else _AWS_LOOK_SECONDS
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.stopping.wait(0.1):
            if any(worker.finished for worker in self._workers.values()):
                return

    def _look(self, reader: StreamReader) -> None:
        self._notice_another_stream(reader.identity())
        shards = reader.shards()
        progress = self._checkpoints.of(self.mapping.uuid)
        fresh = self._begin_new(shards, progress)
        for id, worker in list(self._workers.items()):
            if worker.finished:
                del self._workers[id]
                progress[id] = replace(progress[id], finished=True)
                self._checkpoints.put(self.mapping.uuid, id, progress[id])
        waiting = {id for id, found in progress.items() if not found.finished}
        for shard in shards:
            if shard.id in self._workers:
                self._workers[shard.id].closed = shard.closed
            elif shard.id in waiting and waiting.isdisjoint(shard.parents):
                self._read(reader, shard, progress[shard.id], shard.id in fresh)

    def _notice_another_stream(self, stream: str) -> None:
        """A stream of the same name that was made anew is read from its beginning."""
        known = self._stream
        if known is None:
            kept = self._checkpoints.of(self.mapping.uuid).values()
            known = next((progress.stream for progress in kept), stream)
        self._stream = stream
        if known != stream:
            for worker in self._workers.values():
                worker.abandon()
            self._workers.clear()
            self._checkpoints.forget(self.mapping.uuid)
            self._checkpoints.put(
                self.mapping.uuid, "", Progress(stream, "TRIM_HORIZON", finished=True)
            )

    def _begin_new(self, shards: Iterable[Shard], progress: dict[str, Progress]) -> set[str]:
        """Decide where reading of shards begins that were not there before; which these are."""
        mapping, stream = self.mapping, self._stream or ""
        fresh: set[str] = set()
        first = not progress
        for shard in shards:
            if shard.id in progress:
                continue
            begun = Progress(stream, "TRIM_HORIZON")  # later ones hold what came since
            if first and mapping.starting_position == "LATEST":
                begun = Progress(stream, "LATEST", time.time(), finished=shard.closed)
            elif first and mapping.starting_position == "AT_TIMESTAMP":
                begun = Progress(stream, "AT_TIMESTAMP", mapping.starting_timestamp or 0.0)
            progress[shard.id] = begun
            self._checkpoints.put(mapping.uuid, shard.id, begun)
            fresh.add(shard.id)
        return fresh

    def _read(self, reader: StreamReader, shard: Shard, progress: Progress, fresh: bool) -> None:
        iterator = iterator_at(reader, shard.id, progress, fresh=fresh)
        worker = ShardWorker(self, reader, shard, progress, iterator, self._checkpoints)
        worker.since = 0.0 if fresh else progress.begins
        self._workers[shard.id] = worker
        for queue in worker.lanes:
            self.spawn(Lane(worker, queue).run)
        self.spawn(worker.read)
