"""`python -m workbench.local.delivery.pollers`: reads orders, polls, writes reports.

The first frame on standard input says where everything is. Each other has `Mappings`, all that are
to be polled for, and `Known`, the UUIDs of all there are. When the input ends the server is gone,
and so are we.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from workbench.local.delivery.pollers.checkpoints import Checkpoints
from workbench.local.delivery.pollers.mapping import PolledMapping, Surroundings, polled_mapping
from workbench.local.delivery.pollers.reports import Reporter
from workbench.local.delivery.pollers.source import Source
from workbench.local.delivery.pollers.sqs import QueueSource
from workbench.local.delivery.pollers.stream import StreamSource
from workbench.local.own_process import frame, read_frame

_SECONDS_AFTER_A_MISTAKE = 5.0


class Sources:
    """The mappings that are polled for, kept equal to the orders."""

    def __init__(self, surroundings: Surroundings, reporter: Reporter) -> None:
        self._surroundings = surroundings
        self._reporter = reporter
        self._checkpoints = Checkpoints(surroundings.state / "pollers.db")
        self._lock = threading.RLock()
        self._running: dict[str, Source] = {}
        self._wanted: dict[str, PolledMapping] = {}

    def set(self, orders: Sequence[Mapping[str, Any]], known: Collection[str]) -> None:
        """Poll for exactly these mappings. One that changed is begun anew when it has stopped.
        Of those not `known` any more, nothing is remembered."""
        self._checkpoints.keep(known)
        scale = self._surroundings.time_scale
        with self._lock:
            self._wanted = {order["UUID"]: polled_mapping(order, scale) for order in orders}
            for uuid, source in self._running.items():
                wanted = self._wanted.get(uuid)
                if wanted is None or wanted.revision != source.mapping.revision:
                    source.stop()
            for mapping in self._wanted.values():
                if mapping.uuid not in self._running:
                    self._start(mapping)

    def _start(self, mapping: PolledMapping) -> None:
        report = self._reporter.report(mapping.uuid)
        uuid = mapping.uuid
        common = (mapping, self._surroundings, report, lambda: self._ended(uuid))
        source: Source
        match mapping.kind:
            case "sqs":
                source = QueueSource(*common)
            case "mq":
                # Late: pika costs 60 ms, and few have a broker.
                from workbench.local.delivery.pollers.rabbitmq import RabbitSource

                source = RabbitSource(*common)
            case _:
                source = StreamSource(*common, checkpoints=self._checkpoints)
        self._running[uuid] = source
        source.start()

    def _ended(self, uuid: str) -> None:
        with self._lock:
            source = self._running.pop(uuid)
            self._reporter.report(uuid).stopped()
            self._reporter.forget(uuid)
            if source.failed:
                timer = threading.Timer(_SECONDS_AFTER_A_MISTAKE, self._start_again, [uuid])
                timer.daemon = True
                timer.start()
            else:
                self._start_again(uuid)

    def _start_again(self, uuid: str) -> None:
        with self._lock:
            wanted = self._wanted.get(uuid)
            if wanted is not None and uuid not in self._running:
                self._start(wanted)


def main(source: BinaryIO, answers: BinaryIO) -> None:
    """Carry out orders until there are no more."""
    lock = threading.Lock()

    def send(report: dict[str, Any]) -> None:
        with lock, contextlib.suppress(BrokenPipeError):  # it was killed, and so we end soon
            answers.write(frame(report))
            answers.flush()

    begin = read_frame(source)

    surroundings = Surroundings(
        begin["Url"], Path(begin["State"]), begin["TimeScale"], begin["Settings"]
    )
    reporter = Reporter(send)
    reporter.start()
    sources = Sources(surroundings, reporter)
    while (orders := read_frame(source)) is not None:
        sources.set(orders["Mappings"], orders["Known"])


if __name__ == "__main__":
    gc.set_threshold(50_000)  # boto3 and the models of services stay: they are no garbage
    main(sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)  # threads that wait for a service or a function hold nothing that would be lost
