"""How invocations and environments end: timeouts, crashes, failed inits, reloads, cancelling."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from runtime_lab import ARN, Lab, request, until


async def test_timeout_payload_and_report_and_a_fresh_process_after_it(lab: Lab) -> None:
    spec = lab.python(
        """
        import time
        calls = []
        def handler(event, context):
            calls.append(1)
            time.sleep(event.get("sleep", 0))
            return len(calls)
        """,
        timeout=1,
    )
    await lab.invoke(spec)
    result, done = await lab.invoke(spec, b'{"sleep": 60}', request_id="the-id")
    assert result.payload == (
        b'{"errorType":"Sandbox.Timedout",'
        b'"errorMessage":"RequestId: the-id Error: Task timed out after 1.00 seconds"}'
    )
    assert result.function_error == "Unhandled"
    assert "\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\t" in done.log_text
    assert done.log_text.endswith(" MB\tStatus: timeout\n")
    result, again = await lab.invoke(spec)
    assert result.payload == b"1", "globals are lost"
    assert again.log_stream == done.log_stream, "the environment was reset, not replaced"
    assert again.report.init_ms is None


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("raise SystemExit(3)", "Runtime exited with error: exit status 3"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
async def test_a_process_that_ends_in_the_handler(lab: Lab, statement: str, reason: str) -> None:
    spec = lab.python(f"import os\ndef handler(event, context):\n    {statement}\n")
    result, done = await lab.invoke(spec, request_id="the-id")
    assert json.loads(result.payload) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: the-id Error: {reason}",
    }
    assert done.log_text.endswith("Status: error\tError Type: Runtime.ExitError\n")


async def test_a_process_that_ends_at_import_is_started_twice(lab: Lab) -> None:
    result, done = await lab.invoke(lab.python("raise SystemExit(4)"))
    assert "exit status 4" in json.loads(result.payload)["errorMessage"]
    phases = re.findall(r"INIT_REPORT .*Phase: (\w+)\tStatus: error\tError Type: (.*)\n",
                        done.log_text)  # fmt: skip
    assert phases == [("init", "Runtime.ExitError"), ("invoke", "Runtime.ExitError")]


async def test_a_failed_import_is_answered_with_its_error(lab: Lab) -> None:
    result, done = await lab.invoke(lab.python("import nowhere"))
    assert json.loads(result.payload) == {
        "errorMessage": "Unable to import module 'app': No module named 'nowhere'",
        "errorType": "Runtime.ImportModuleError",
        "requestId": "",
        "stackTrace": [],
    }
    assert result.function_error == "Unhandled"
    assert done.log_text.endswith("Status: error\tError Type: Runtime.ImportModuleError\n")
    lines = done.log_text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("START"))
    assert lines[start + 1].startswith("END") and lines[start + 2].startswith("REPORT")


async def test_slow_init_is_run_again_inside_the_invocation(lab: Lab) -> None:
    lab.new_runtime(lab.root.parent / "slow", init_timeout=1.0)
    marker = lab.root / "marker"
    spec = lab.python(
        f"""
        import os, time
        if not os.path.exists({str(marker)!r}):
            open({str(marker)!r}, "w").close()
            time.sleep(30)
        def handler(event, context): return "ok"
        """
    )
    result, done = await lab.invoke(spec)
    assert result.payload == b'"ok"'
    [shown] = re.findall(r"INIT_REPORT Init Duration: (.+) ms\tPhase: init\tStatus: timeout\n",
                         done.log_text)  # fmt: skip
    assert float(shown) >= 1000
    assert done.report.init_ms is None
    await lab.runtime.stop()


async def test_response_over_the_limit(lab: Lab) -> None:
    spec = lab.python("def handler(event, context): return 'x' * event")
    fits, _ = await lab.invoke(spec, b"6291554")
    assert len(fits.payload) == 6_291_556 and fits.function_error is None
    result, _ = await lab.invoke(spec, b"6291555")
    assert json.loads(result.payload) == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    again, _ = await lab.invoke(spec, b"1")
    assert again.payload == b'"x"'


async def test_a_new_identity_runs_the_new_code_and_retires_the_old(lab: Lab) -> None:
    old = lab.python("def handler(event, context): return 'old'")
    assert (await lab.invoke(old))[0].payload == b'"old"'
    new = lab.python("def handler(event, context): return 'new'")
    lab.runtime.retire(ARN, new.identity)
    assert (await lab.invoke(new))[0].payload == b'"new"'
    await until(lambda: len(lab.runtime.environments()) == 1)
    assert not list(lab.root.glob("__pycache__")), "the task root is not written to"


async def test_an_environment_that_leaves_serves_nobody_any_more(lab: Lab) -> None:
    """Its processes take a moment to end; who calls then gets another one."""
    spec = lab.python("import os\ndef handler(e, c):\n    return os.getpid()")
    first = lab.runtime.invoke(spec, request())
    await until(lambda: "busy" in lab.recorder.states)
    lab.runtime.renew()
    pid = (await first.completed()).result.payload
    result, _ = await lab.invoke(spec)
    assert result.function_error is None and result.payload != pid
    await until(lambda: "gone" in lab.recorder.states)
    again, _ = await lab.invoke(spec)
    assert again.payload == result.payload


async def test_a_busy_environment_finishes_before_it_retires(lab: Lab) -> None:
    spec = lab.python("import time\ndef handler(e, c):\n    print('in')\n    time.sleep(.2)\n")
    started = asyncio.Event()
    lab.recorder.on_line = lambda line: started.set() if line == "in\n" else None
    execution = lab.runtime.invoke(spec, request())
    await started.wait()
    lab.runtime.retire(ARN)
    assert (await execution.answered()).payload == b"null"
    await until(lambda: not lab.runtime.environments())


async def test_cancel_kills_the_environment_by_token(lab: Lab) -> None:
    spec = lab.python("import time\ndef handler(e, c):\n    print('in')\n    time.sleep(60)\n")
    started = asyncio.Event()
    lab.recorder.on_line = lambda line: started.set() if line == "in\n" else None
    execution = lab.runtime.invoke(spec, request(token="mine"))
    await started.wait()
    assert not lab.runtime.cancel("other")
    assert lab.runtime.cancel("mine")
    result = await execution.answered()
    assert b"signal: killed" in result.payload


async def test_cancel_while_the_process_is_being_started(lab: Lab) -> None:
    execution = lab.runtime.invoke(lab.python("def handler(e, c): pass"), request(token="mine"))
    assert lab.runtime.cancel("mine")
    assert b"signal: killed" in (await execution.answered()).payload


async def test_cancel_while_it_initialises_does_not_initialise_again(lab: Lab) -> None:
    spec = lab.python("import time\nprint('in')\ntime.sleep(60)\ndef handler(e, c): pass\n")
    started = asyncio.Event()
    lab.recorder.on_line = lambda line: started.set() if line == "in\n" else None
    execution = lab.runtime.invoke(spec, request(token="mine"))
    await started.wait()
    assert lab.runtime.cancel("mine")
    assert b"signal: killed" in (await execution.answered()).payload


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
@pytest.mark.parametrize("standby", [False, True])
async def test_what_the_machine_lacks_is_told(lab: Lab, tmp_path: Path, standby: bool) -> None:
    import resource

    lab.new_runtime(tmp_path / "short", standby=standby)
    await lab.invoke(lab.python("def handler(e, c): return 1"))
    spec = lab.spec()  # another one, for which there is no environment yet
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        result, done = await lab.invoke(spec)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert json.loads(result.payload)["errorType"] == "Sandbox.Failure"
    assert "Too many open files" in json.loads(result.payload)["errorMessage"]
    assert done.log_text.endswith("\tStatus: error\tError Type: Sandbox.Failure\n")
    assert (await lab.invoke(spec))[0].payload == b"1"
