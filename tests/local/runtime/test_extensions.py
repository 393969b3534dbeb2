"""Extensions as processes of layers and inside the function (lambda-facts §1.4–§1.6)."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from extensions_lab import ECHO, Told, layer, recording
from runtime_lab import Lab, request, until


async def test_an_external_extension_is_told_of_invocations_and_the_end(
    lab: Lab, told: Told
) -> None:
    spec = recording(lab, told)
    result, cold = await lab.invoke(spec, b'"one"', request_id="the-first")
    assert result.payload == b'"one"'
    assert "EXTENSION\tName: recorder\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n" in cold.log_text
    assert cold.log_text.index("EXTENSION") < cold.log_text.index("START RequestId")
    await lab.invoke(spec, request_id="the-second")
    await lab.runtime.stop()
    first, second, last = told.of("event")
    assert first["eventType"] == "INVOKE" and first["requestId"] == "the-first"
    assert first["invokedFunctionArn"].endswith(":function:fn") and first["deadlineMs"] > 0
    assert first["tracing"]["type"] == "X-Amzn-Trace-Id"
    assert second["requestId"] == "the-second"
    assert last.pop("deadlineMs") > 0
    assert last == {"eventType": "SHUTDOWN", "shutdownReason": "spindown"}
    [registered] = told.of("registered")
    assert registered == {
        "functionName": "fn",
        "functionVersion": "$LATEST",
        "handler": "app.handler",
        "accountId": "123456789012",
    }


async def test_extensions_see_less_of_the_environment(lab: Lab, told: Told) -> None:
    await lab.invoke(recording(lab, told, environment={"MINE": "yes"}))
    [variables] = told.of("variables")
    assert {"MINE", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME"} <= set(
        variables
    )
    hidden = {
        "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }  # fmt: skip
    assert not hidden & set(variables)
    assert not [name for name in variables if name.startswith("_") and name != "_"]


async def test_the_answer_does_not_wait_for_extensions_but_the_invocation_does(
    lab: Lab, told: Told
) -> None:
    gate = told.file.parent / "gate"
    spec = recording(lab, told, environment={"WORK_UNTIL": str(gate)})
    execution = lab.runtime.invoke(spec, request())
    assert (await execution.answered()).payload == b"{}"
    assert execution.completion is None
    gate.touch()
    done = await execution.completed()
    after = done.report.post_runtime_extensions_ms
    assert after is not None and 0 < after <= done.report.duration_ms


async def test_an_extension_that_never_finishes_times_the_invocation_out(
    lab: Lab, told: Told
) -> None:
    spec = recording(lab, told, environment={"WORK_UNTIL": "/nowhere/at/all"}, timeout=1)
    result, done = await lab.invoke(spec)
    assert result.payload == b"{}" and result.function_error is None, "the answer was out"
    assert done.report.status == "timeout" and done.report.duration_ms == 1000


async def test_after_a_timeout_extensions_hear_of_it_and_the_next_are_new(
    lab: Lab, told: Told
) -> None:
    code = "import time\ndef handler(event, context): time.sleep(event.get('sleep', 0))"
    spec = recording(lab, told, code, timeout=1)
    result, timed_out = await lab.invoke(spec, b'{"sleep": 30}')
    assert b"Sandbox.Timedout" in result.payload
    await until(lambda: "failed" in lab.recorder.states)
    assert [event.get("shutdownReason") for event in told.of("event")] == [None, "timeout"]
    result, again = await lab.invoke(spec)
    assert result.payload == b"null" and again.log_stream == timed_out.log_stream
    assert len(told.of("registered")) == 2


async def test_a_crash_of_the_runtime_shuts_extensions_down(lab: Lab, told: Told) -> None:
    spec = recording(lab, told, "import os\ndef handler(event, context): os._exit(3)")
    result, _ = await lab.invoke(spec)
    assert json.loads(result.payload)["errorType"] == "Runtime.ExitError"
    await until(lambda: "failed" in lab.recorder.states)
    assert told.of("event")[-1]["shutdownReason"] == "failure"


@pytest.mark.parametrize(
    ("how", "error_type", "reason"),
    [
        ("crash-invoke", "Extension.Crash", "exit status 7"),
        ("leave-invoke", "Extension.Crash", "exit code 0"),
        ("exit-error", "Extension.ExitError", "exit status 1"),
    ],
)
async def test_an_extension_that_ends_in_an_invocation(
    lab: Lab, told: Told, how: str, error_type: str, reason: str
) -> None:
    code = "import time\ndef handler(event, context): time.sleep(30)"
    spec = recording(lab, told, code, environment={"MISBEHAVE": how})
    result, done = await lab.invoke(spec, request_id="the-id")
    assert json.loads(result.payload) == {
        "errorType": error_type,
        "errorMessage": f"RequestId: the-id Error: {reason}",
    }
    assert done.log_text.endswith(f"Status: error\tError Type: {error_type}\n")


@pytest.mark.parametrize(
    ("how", "error_type", "reason", "state"),
    [
        ("crash-init", "Extension.Crash", "exit status 7", "Started"),
        ("init-error", "Extension.InitError", "exit status 1", "InitError"),
    ],
)
async def test_an_extension_that_ends_at_init_fails_it_twice(
    lab: Lab, told: Told, how: str, error_type: str, reason: str, state: str
) -> None:
    spec = recording(lab, told, environment={"MISBEHAVE": how})
    result, done = await lab.invoke(spec, request_id="the-id")
    assert json.loads(result.payload) == {
        "errorType": error_type,
        "errorMessage": f"RequestId: the-id Error: {reason}",
    }
    for phase in ("init", "invoke"):
        assert f"Phase: {phase}\tStatus: error\tError Type: {error_type}\n" in done.log_text
    assert f"EXTENSION\tName: recorder\tState: {state}\t" in done.log_text


async def test_a_file_that_cannot_be_executed_is_a_launch_error(lab: Lab, told: Told) -> None:
    spec = recording(lab, told)
    (spec.layers[0] / "extensions" / "notes.txt").write_text("hello")
    result, done = await lab.invoke(spec, request_id="the-id")
    assert json.loads(result.payload) == {
        "errorType": "Extension.LaunchError",
        "errorMessage": "RequestId: the-id Error: fork/exec /opt/extensions/notes.txt: "
        "permission denied",
    }
    line = (
        "EXTENSION\tName: notes.txt\tState: LaunchError\tEvents: []\tError Type: PermissionDenied"
    )
    assert line in done.log_text


async def test_no_more_than_ten(lab: Lab, told: Told) -> None:
    spec = recording(lab, told, names=[f"e{n:02}" for n in range(11)])
    result, done = await lab.invoke(spec)
    assert json.loads(result.payload)["errorType"] == "Extension.LaunchError"
    assert "Error Type: TooManyExtensions" in done.log_text


async def test_a_later_layer_wins(lab: Lab, told: Told) -> None:
    spec = recording(lab, told)
    second = layer(lab.root.parent / "second", "recorder", source="idle.sh")
    spec = lab.spec(layers=(spec.layers[0], second), environment=spec.environment)
    _, done = await lab.invoke(spec)
    assert "State: Ready\tEvents: []\n" in done.log_text and not told.read()
    assert "idle.sh speaks\n" in done.log_text, "what extensions print is in the function's log"


async def test_an_extension_without_events_is_killed_at_the_end(lab: Lab) -> None:
    folder = layer(lab.root.parent / "layer", "idle", source="idle.sh")
    await lab.invoke(lab.python(ECHO, layers=(folder,)))
    async with asyncio.timeout(1.5):
        await lab.runtime.stop()


INTERNAL = """
    import json, os, signal, sys, threading, urllib.request
    API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension/"
    events = []
    def call(path, body=None, **headers):
        headers = {"Lambda-Extension-" + name: value for name, value in headers.items()}
        request = urllib.request.Request(API + path, body, headers)
        with urllib.request.urlopen(request) as reply:
            return reply.headers, json.loads(reply.read())
    headers, _ = call("register", b'{"events": ["INVOKE"]}', Name="inside")
    def follow():
        while True:
            _, event = call("event/next", Identifier=headers["Lambda-Extension-Identifier"])
            events.append(event["requestId"])
    threading.Thread(target=follow, daemon=True).start()
    def ending(*_):
        print("goodbye")
        sys.exit(0)
    signal.signal(signal.SIGTERM, ending)
    def handler(event, context): return events
"""


@pytest.mark.parametrize("standby", [False, True])
async def test_an_internal_extension_and_sigterm(lab: Lab, standby: bool) -> None:
    lab.new_runtime(lab.root.parent / f"state-{standby}", standby=standby)
    spec = lab.python(INTERNAL)
    _, cold = await lab.invoke(spec, request_id="one")
    assert "EXTENSION\tName: inside\tState: Ready\tEvents: [INVOKE]\n" in cold.log_text
    result, _ = await lab.invoke(spec, request_id="two")
    assert "one" in json.loads(result.payload)
    await lab.runtime.stop()
    assert "goodbye\n" in [message for _, message in lab.recorder.events]


async def test_a_published_extension(lab: Lab) -> None:
    """lambda-sigterm, from PyPI, registers so that the function gets SIGTERM."""
    published = pytest.importorskip("lambda_sigterm")
    pytest.importorskip("urllib3")
    shutil.copytree(Path(published.__file__).parent, lab.root / "lambda_sigterm")
    spec = lab.python(
        """
        import signal, sys, lambda_sigterm
        lambda_sigterm.register()
        signal.signal(signal.SIGTERM, lambda *_: (print("sigterm captured"), sys.exit(0)))
        def handler(event, context): return "ok"
        """
    )
    result, done = await lab.invoke(spec)
    assert result.payload == b'"ok"'
    assert "EXTENSION\tName: lambda-sigterm\tState: Ready\tEvents: []\n" in done.log_text
    await lab.runtime.stop()
    assert "sigterm captured\n" in [message for _, message in lab.recorder.events]


async def test_without_extensions_there_is_no_sigterm(lab: Lab) -> None:
    spec = lab.python(
        """
        import signal, sys
        signal.signal(signal.SIGTERM, lambda *_: print("goodbye"))
        def handler(event, context): return "ok"
        """
    )
    await lab.invoke(spec)
    await lab.runtime.stop()
    assert "goodbye\n" not in [message for _, message in lab.recorder.events]


async def test_an_environment_that_shuts_down_takes_no_invocation(lab: Lab, told: Told) -> None:
    """Its extensions have two seconds after the runtime died; who calls meanwhile gets another."""
    code = (
        "import os, threading\n"
        "def handler(event, context):\n"
        "    if event.get('die'):\n"
        "        threading.Timer(0.05, os._exit, [1]).start()\n"
        "    return os.getpid()\n"
    )
    spec = recording(lab, told, code)
    first, _ = await lab.invoke(spec, b'{"die": 1}')
    await until(lambda: "stopping" in lab.recorder.states)
    second, _ = await lab.invoke(spec)
    assert second.function_error is None and second.payload != first.payload
