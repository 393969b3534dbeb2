import asyncio
import json
import os
import signal
from pathlib import Path

from workbench.local.broadcast import Broadcaster
from workbench.local.recording.pipe import BATCH_SECONDS, Recording
from workbench.local.recording.recorder import Recorder
from workbench.local.runtime.records import (
    Completion,
    FunctionSpec,
    InvokeRequest,
    InvokeResult,
    Report,
)
from workbench.project.history import History

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


def _completion(number: int, *, error: str | None = None, qualifier: str = "") -> Completion:
    payload = {"errorType": error, "errorMessage": "no"} if error else {"n": number}
    return Completion(
        spec=FunctionSpec("hello", ARN, "3", "id", "python3.11", "app.handler", Path("/code")),
        request=InvokeRequest(f"request-{number}", b'{"in":1}', ARN + qualifier, "", token="t"),
        result=InvokeResult(json.dumps(payload).encode(), "Unhandled" if error else None),
        report=Report(1.5, 2, 128, 30, init_ms=9.5),
        log_text="START\nEND\n",
        log_stream="2026/01/01/[3]abc",
        started=1000.0 + number,
    )


async def test_invocations_reach_the_history_whole(tmp_path: Path) -> None:
    recorder = Recorder(Broadcaster(), tmp_path)
    await recorder.start()
    for number in range(500):
        recorder.invocation_finished(_completion(number))
    recorder.invocation_finished(_completion(500, error="ValueError", qualifier=":live"))
    await recorder.close()
    history = History(tmp_path / "history.db")
    assert history.count("local") == 501
    last = history.recent("local", "hello", limit=1)[0]
    assert (last.request_id, last.error_type, last.error_message) == (
        "request-500",
        "ValueError",
        "no",
    )
    assert (last.qualifier, last.executed_version, last.init_ms) == ("live", "3", 9.5)
    entry = history.get(last.id)
    assert (entry.event, entry.log_text) == (b'{"in":1}', "START\nEND\n")
    history.close()


async def test_an_error_that_is_nested_without_end_is_kept_as_it_is(tmp_path: Path) -> None:
    recorder = Recorder(Broadcaster(), tmp_path)
    await recorder.start()
    completion = _completion(1, error="ValueError")
    completion.result.payload = payload = b"[" * 5000 + b"]" * 5000
    recorder.invocation_finished(completion)
    recorder.invocation_finished(_completion(2))
    await recorder.close()
    history = History(tmp_path / "history.db")
    assert history.count("local") == 2
    entry = history.get(history.recent("local", "hello", limit=2)[1].id)
    assert (entry.payload, entry.error_type) == (payload, None)
    history.close()


async def test_who_waits_for_the_disk_gets_no_answer_that_was_another_s(tmp_path: Path) -> None:
    recorder = Recorder(Broadcaster(), tmp_path)
    await recorder.start()
    await recorder.sync()
    given_up = asyncio.create_task(recorder.sync())
    await asyncio.sleep(0)  # it has asked
    given_up.cancel()
    await asyncio.wait([given_up])
    for number in range(500):
        recorder.invocation_finished(_completion(number))
    await recorder.sync()
    history = History(tmp_path / "history.db")
    assert history.count("local") == 500
    history.close()
    await recorder.close()


async def test_listeners_hear_of_invocations_and_the_latest_state_of_environments(
    tmp_path: Path,
) -> None:
    broadcaster = Broadcaster()
    recorder = Recorder(broadcaster, tmp_path)
    recorder.environment_changed(lambda: {"Id": "e1", "State": "init"})  # nobody listens yet
    queue = broadcaster.listen()
    for state in ("init", "ready", "busy"):
        changed = {"Id": "e1", "State": state}
        recorder.environment_changed(changed.copy)
    completion = _completion(1)
    recorder.invocation_started(completion.spec, completion.request)
    recorder.invocation_finished(completion)
    frames = [await asyncio.wait_for(queue.get(), 5) for _ in range(3)]
    started, finished, environment = [json.loads(f.split(b"data: ")[1]) for f in frames]
    assert (started["Phase"], started["Token"]) == ("started", "t")
    assert (finished["Phase"], finished["DurationMs"]) == ("finished", 1.5)
    assert environment == {"Id": "e1", "State": "busy"}
    assert queue.empty()
    await recorder.close()


async def test_what_cannot_be_written_fast_enough_is_told(tmp_path: Path) -> None:
    notices: list[str] = []
    recording = Recording(notices.append, most_waiting=1)
    await recording.start(tmp_path)
    assert recording.pid is not None
    os.kill(recording.pid, signal.SIGSTOP)
    for _ in range(3):
        recording.segment(b"{}" + b" " * 200_000)  # more than a pipe holds
        await asyncio.sleep(2 * BATCH_SECONDS)
    assert notices == ["History and metrics cannot be written fast enough: some are missing."]
    os.kill(recording.pid, signal.SIGCONT)
    await recording.sync()
    recording.segment(b"{}")
    await recording.close()
    assert notices[1] == "History and metrics are written again; 2 entries are missing."
