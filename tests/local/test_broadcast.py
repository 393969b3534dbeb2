import json

from workbench.local import broadcast
from workbench.local.broadcast import Broadcaster


def _read(frame: bytes) -> tuple[str, dict]:
    kind, data = frame.decode().rstrip("\n").split("\n")
    return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_every_listener_gets_every_event_in_order() -> None:
    broadcaster = Broadcaster()
    one, other = broadcaster.listen(), broadcaster.listen()
    broadcaster.send("reload", {"FunctionName": "f", "Files": ["a.py"]})
    broadcaster.send("functions", {})
    for queue in (one, other):
        assert _read(queue.get_nowait()) == ("reload", {"FunctionName": "f", "Files": ["a.py"]})
        assert _read(queue.get_nowait()) == ("functions", {})


async def test_a_listener_that_left_costs_nothing() -> None:
    broadcaster = Broadcaster()
    queue = broadcaster.listen()
    broadcaster.leave(queue)
    broadcaster.send("functions", {})
    assert broadcaster.listening == 0
    assert queue.empty()


async def test_a_slow_listener_loses_the_oldest(monkeypatch) -> None:
    monkeypatch.setattr(broadcast, "BACKLOG", 3)
    broadcaster = Broadcaster()
    queue = broadcaster.listen()
    for number in range(5):
        broadcaster.send("notice", {"Message": number})
    kept = [_read(queue.get_nowait())[1]["Message"] for _ in range(3)]
    assert kept == [2, 3, 4]


async def test_problems_are_told_when_they_change_and_stay_readable() -> None:
    broadcaster = Broadcaster()
    queue = broadcaster.listen()
    problem = {"File": "a.py", "Line": 3, "Column": 1, "Message": "invalid syntax"}
    broadcaster.set_problems([problem])
    broadcaster.set_problems([problem])
    assert _read(queue.get_nowait()) == ("problems", {"Problems": [problem]})
    assert queue.empty()
    assert broadcaster.problems == [problem]


async def test_a_notice_is_told_once() -> None:
    broadcaster = Broadcaster()
    queue = broadcaster.listen()
    for _ in range(2):
        broadcaster.notice("f", "python3.9 is not here")
    assert queue.qsize() == 1
    assert broadcaster.notices == [{"FunctionName": "f", "Message": "python3.9 is not here"}]
