"""Memory: its limit, and what REPORT says of it (lambda-facts §2.4, §3.1); open files (§10.1)."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from runtime_lab import Lab

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is known on Linux only")

KILLED = {
    "errorType": "Runtime.OutOfMemory",
    "errorMessage": "RequestId: the-id Error: Runtime exited with error: signal: killed",
}


async def test_python_that_uses_too_much_is_killed(lab: Lab) -> None:
    spec = lab.python(
        """
        import time
        calls = []
        def handler(event, context):
            calls.append(bytearray(1 << 20) * event)
            time.sleep(event / 300)
            return len(calls)
        """,
        memory_size=128,
    )
    await lab.invoke(spec, b"1")
    result, done = await lab.invoke(spec, b"300", request_id="the-id")
    assert list(json.loads(result.payload).items()) == list(KILLED.items())
    assert result.function_error == "Unhandled"
    assert done.log_text.endswith(
        "\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t"
        "Status: error\tError Type: Runtime.OutOfMemory\n"
    )
    result, done = await lab.invoke(spec, b"1")
    assert result.payload == b"1", "a fresh process"
    assert done.report.max_memory_used < 128


async def test_too_much_at_init_is_tried_again_in_the_invocation(lab: Lab) -> None:
    spec = lab.python(
        """
        import time
        kept = bytearray(1 << 20) * 300
        time.sleep(1)
        def handler(event, context): pass
        """
    )
    result, done = await lab.invoke(spec, request_id="the-id")
    assert json.loads(result.payload) == KILLED
    assert done.log_text.count("\tStatus: error\tError Type: Runtime.OutOfMemory\n") == 3
    assert "Phase: init" in done.log_text and "Phase: invoke" in done.log_text


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not on this machine")
async def test_node_that_uses_too_much_is_killed(lab: Lab) -> None:
    lab.write(
        "app.js",
        "const kept = []; exports.handler = async () => {"
        " for (;;) { kept.push(Buffer.alloc(1 << 20, 1)); await new Promise(setImmediate); } };",
    )
    spec = lab.spec("app.handler", runtime="nodejs22.x", memory_size=192)
    result, done = await lab.invoke(spec, request_id="the-id")
    assert json.loads(result.payload) == KILLED
    assert done.report.max_memory_used == 192


async def test_processes_that_the_function_starts_count_too(lab: Lab) -> None:
    spec = lab.python(
        """
        import subprocess, sys
        def handler(event, context):
            code = f"kept = bytearray(1 << 20) * {event}; print(1, flush=True); input()"
            with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as child:
                child.stdout.readline()
                import time; time.sleep(0.3)
                child.stdin.close()
        """,
        memory_size=256,
    )
    _, done = await lab.invoke(spec, b"1")
    alone = done.report.max_memory_used
    result, done = await lab.invoke(spec, b"100")
    assert result.payload == b"null"
    assert alone + 80 <= done.report.max_memory_used <= 256
    result, _ = await lab.invoke(spec, b"400", request_id="the-id")
    assert json.loads(result.payload) == KILLED


@pytest.mark.parametrize("standby", [False, True])
async def test_files_that_may_be_open(lab: Lab, standby: bool) -> None:
    lab.new_runtime(lab.root.parent / "runtime", standby=standby)
    spec = lab.python(
        "import resource\n"
        "def handler(event, context): return resource.getrlimit(resource.RLIMIT_NOFILE)"
    )
    lab.runtime.prepare(spec)
    for again in (spec, lab.spec()):
        assert (await lab.invoke(again))[0].payload == b"[1024, 1024]"


async def test_memory_that_fits_is_no_problem(lab: Lab) -> None:
    spec = lab.python(
        "def handler(event, context): return len(bytearray(1 << 20) * 300)", memory_size=512
    )
    result, done = await lab.invoke(spec)
    assert int(result.payload) == 300 << 20
    assert 300 < done.report.max_memory_used < 400
