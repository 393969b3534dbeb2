"""Kills of the server and of the services while queues and streams are polled: nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from endpoint_lab import LocalEndpoint, local_lambda
from serve_lab import served
from sources_lab import (
    ASKING,
    Function,
    Queue,
    Stream,
    asked,
    asking_function,
    body_of,
    until,
    wait_state,
)

from workbench.local.delivery.pollers.supervisor import Pollers
from workbench.local.services.settings import ServiceSettings

KILLS = 3


def test_a_killed_server_goes_on_where_it_was(hurried: LocalEndpoint, tmp_path: Path) -> None:
    queue, stream = Queue(hurried, visibility=1), Stream(hurried)
    worker = Function(hurried, lambda event: time.sleep(0.01))
    sent = [f"{number:03}" for number in range(60)]

    def send() -> None:
        for number in sent:
            queue.send(number)
            stream.put(number, key="k")
            time.sleep(0.02)

    def seen(source: str) -> list[str]:
        records = [r for event in list(worker.events) for r in event["Records"]]
        return [body_of(record) for record in records if record["eventSource"] == source]

    options = ("--services", hurried.url, "--time-scale", "20")
    sending = threading.Thread(target=send)
    with asked(worker) as variables:
        with served(tmp_path / "project", *options) as server:
            name = server.create(ASKING, Environment={"Variables": variables}, Timeout=1)
            settings: list[dict[str, Any]] = [
                {"EventSourceArn": queue.arn},
                {"EventSourceArn": stream.arn, "StartingPosition": "LATEST", "BatchSize": 3},
            ]
            for setting in settings:
                made = server.client().create_event_source_mapping(FunctionName=name, **setting)
                wait_state(server, made["UUID"], "Enabled")
            sending.start()
            worker.records(10)
            server.process.kill()
        for kill in range(1, KILLS):
            with served(tmp_path / "project", *options) as server:
                worker.records(len([r for e in worker.events for r in e["Records"]]) + 5)
                if kill < KILLS - 1:
                    server.process.kill()
                    continue
                until(lambda: set(seen("aws:sqs")) == set(sent) == set(seen("aws:kinesis")))
                until(lambda: queue.left == (0, 0))
        sending.join()
    in_order = list(dict.fromkeys(seen("aws:kinesis")))
    assert in_order == sent


def test_polling_goes_on_when_the_embedded_services_died(tmp_path: Path) -> None:
    with local_lambda(tmp_path / "project", time_scale=20) as endpoint:
        queue, stream = Queue(endpoint), Stream(endpoint)
        with asking_function(endpoint) as function:
            function.mapped(queue.arn)
            function.mapped(stream.arn, StartingPosition="LATEST")
            stream.put("1", "2", "3")
            queue.send("1")
            function.records(4)
            until(lambda: queue.left == (0, 0))  # else it comes again, as it may
            os.kill(endpoint.server._services._embedded.pid, signal.SIGKILL)
            stream.put("again")
            queue.send("again")
            seen = [body_of(record) for record in function.records(6)]
            assert sorted(seen) == ["1", "1", "2", "3", "again", "again"]


async def test_reports_that_cannot_be_kept_do_not_end_polling(tmp_path: Path) -> None:
    reports: asyncio.Queue[Any] = asyncio.Queue()

    def reported(report: Any) -> None:
        reports.put_nowait(report)
        raise sqlite3.OperationalError("database or disk is full")

    settings = ServiceSettings("http://127.0.0.1:1", "123456789012", "us-east-1")
    begin = {"Url": "http://127.0.0.1:1", "State": str(tmp_path), "TimeScale": 1}
    mapping = {
        "UUID": "u",
        "Revision": 1,
        "Role": "",
        "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "BatchSize": 10,
    }
    pollers = Pollers(reported, lambda: None)
    pollers.order({**begin, "Settings": settings}, {"Mappings": [mapping], "Known": ["u"]})
    assert (await asyncio.wait_for(reports.get(), 20))["Revision"] == 1
    pid = pollers.pid
    pollers.order({**begin, "Settings": settings}, {"Mappings": [], "Known": ["u"]})
    while not (await asyncio.wait_for(reports.get(), 20)).get("Stopped"):
        pass
    assert pollers.pid == pid
    await pollers.close()
