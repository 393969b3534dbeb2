"""Python functions, from the answer to the last log line."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from runtime_lab import ARN, Lab, request, until

from workbench.local.runtime import runtime
from workbench.local.runtime.records import InvokeRequest, Throttled, UnsupportedRuntime
from workbench.local.runtime.telemetry.journal import MAX_REMEMBERED
from workbench.project import interpreters

VERSIONS = ["python3.8", "python3.9", "python3.10", "python3.11", "python3.12", "python3.13"]


@pytest.mark.parametrize("runtime", VERSIONS)
async def test_answer_and_log_lines_of_a_cold_and_a_warm_invocation(lab: Lab, runtime: str) -> None:
    found = interpreters.python_for(runtime)
    if found is None or not found.exact:
        pytest.skip(f"{runtime} is not on this machine")
    spec = lab.python(
        """
        import logging, sys
        def handler(event, context):
            print("printed", event["n"])
            logging.warning("two\\nlines")
            print("no newline", end="", file=sys.stderr)
            return {"n": event["n"], "version": list(sys.version_info[:2])}
        """,
        runtime=runtime,
    )
    result, cold = await lab.invoke(spec, b'{"n": 1}')
    assert result.function_error is None
    assert json.loads(result.payload)["version"] == [int(p) for p in runtime[6:].split(".")]
    request_id = cold.request.request_id
    assert re.fullmatch(
        rf"INIT_START Runtime Version: {runtime.replace('n3', 'n:3')}\.v\d+\t"
        r"Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\n"
        rf"START RequestId: {request_id} Version: \$LATEST\n"
        r"printed 1\n"
        rf"\[WARNING\]\t[-0-9T:.]+Z\t{request_id}\ttwo\nlines\n"
        r"no newline\n"
        rf"END RequestId: {request_id}\n"
        rf"REPORT RequestId: {request_id}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: [1-9]\d* MB\tInit Duration: \d+\.\d\d ms\t\n",
        cold.log_text,
    ), cold.log_text
    messages = [message for _, message in lab.recorder.events]
    assert any(message.endswith("two\nlines\n") for message in messages), "one event a frame"

    _, warm = await lab.invoke(spec, b'{"n": 2}')
    assert "INIT_START" not in warm.log_text
    assert "Init Duration" not in warm.log_text
    assert warm.log_stream == cold.log_stream
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", warm.log_stream)


async def test_billed_duration_is_the_ceiling_of_init_and_duration(lab: Lab) -> None:
    _, done = await lab.invoke(lab.python("def handler(event, context): return 1"))
    report = done.report
    assert report.init_ms is not None
    assert report.billed_ms - 1 < report.init_ms + report.duration_ms <= report.billed_ms


async def test_lines_reach_the_sink_while_the_handler_still_runs(lab: Lab) -> None:
    spec = lab.python(
        """
        import os, time
        def handler(event, context):
            print("first")
            while not os.path.exists(event["go"]):
                time.sleep(0.005)
            return "went on"
        """
    )
    go = lab.root / "go"
    lab.recorder.on_line = lambda line: go.touch() if line == "first\n" else None
    result, _ = await lab.invoke(spec, json.dumps({"go": str(go)}).encode())
    assert result.payload == b'"went on"'


async def test_environment_variables_are_built_from_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("SOME_TOKEN", "secret")
    spec = lab.python(
        """
        import os, sys
        def handler(event, context):
            return {"env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path}
        """,
        environment={"TABLE": "orders"},
        memory_size=256,
        version="7",
    )
    result, done = await lab.invoke(spec)
    answer = json.loads(result.payload)
    env = answer["env"]
    assert env.pop("AWS_SECRET_ACCESS_KEY") != "real"
    expected = (
        "AWS_ACCESS_KEY_ID AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION AWS_EXECUTION_ENV "
        "AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_FUNCTION_MEMORY_SIZE "
        "AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME "
        "AWS_LAMBDA_RUNTIME_API AWS_XRAY_DAEMON_ADDRESS _AWS_XRAY_DAEMON_ADDRESS "
        "_AWS_XRAY_DAEMON_PORT AWS_XRAY_CONTEXT_MISSING LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR LANG "
        "LD_LIBRARY_PATH PATH PWD PYTHONPATH SHLVL TZ _HANDLER _X_AMZN_TRACE_ID HOME TABLE"
    )
    assert sorted(set(env) - {"LC_CTYPE"}) == sorted(expected.split(" "))
    assert env["TABLE"] == "orders"
    assert env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert env["AWS_LAMBDA_FUNCTION_VERSION"] == "7"
    assert env["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"
    assert env["AWS_LAMBDA_LOG_STREAM_NAME"] == done.log_stream
    assert env["LAMBDA_TASK_ROOT"] == answer["cwd"] == lab.task_root == answer["path"][0]
    assert list(os.scandir(env["HOME"])) == []
    here = [path for path in answer["path"] if not path.startswith("/opt/")]
    assert not any(path.endswith("site-packages") for path in here)


async def test_boto3_is_there_and_our_other_packages_are_not(lab: Lab) -> None:
    spec = lab.python(
        """
        import boto3, importlib.util
        def handler(event, context):
            names = ["textual", "pytest", "awslambdaric", "httptools"]
            region = boto3.client("s3").meta.region_name
            return [region, [n for n in names if importlib.util.find_spec(n)]]
        """
    )
    result, _ = await lab.invoke(spec)
    assert json.loads(result.payload) == ["us-east-1", []]


async def test_reserved_concurrency_throttles_with_its_reason(lab: Lab) -> None:
    spec = lab.python("def handler(event, context): return 1")
    lab.runtime.reserve(ARN, 1)
    execution = lab.runtime.invoke(spec, request())
    with pytest.raises(Throttled) as refused:
        lab.runtime.invoke(spec, request())
    assert refused.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    await execution.completed()
    await lab.invoke(spec)
    lab.runtime.reserve(ARN, 0)
    with pytest.raises(Throttled):
        lab.runtime.invoke(spec, request())


async def test_concurrent_invocations_get_environments_of_their_own(lab: Lab) -> None:
    spec = lab.python("import os, time\ndef handler(e, c):\n    time.sleep(.1)\n"
                      "    return os.getpid()\n")  # fmt: skip
    executions = [lab.runtime.invoke(spec, request()) for _ in range(3)]
    pids = {(await execution.answered()).payload for execution in executions}
    assert len(pids) == 3
    assert len({execution.request.request_id for execution in executions}) == 3


async def test_idle_environments_stop(lab: Lab) -> None:
    lab.new_runtime(lab.root.parent / "short", idle_timeout=0.1)
    await lab.invoke(lab.python("def handler(event, context): return 1"))
    await until(lambda: not lab.runtime.environments())
    assert lab.recorder.states[-2:] == ["stopping", "gone"]
    await lab.runtime.stop()


async def test_runtimes_that_cannot_run_here_say_so(lab: Lab) -> None:
    with pytest.raises(UnsupportedRuntime, match="does not run java21"):
        lab.runtime.invoke(lab.spec(runtime="java21"), request())
    await lab.invoke(lab.python("def handler(event, context): return 1"))


async def test_another_python_stands_in_and_is_named_once(lab: Lab) -> None:
    found = interpreters.python_for("python3.14")
    if found is None or found.exact:
        pytest.skip("Python 3.14 is on this machine")
    for _ in range(2):
        spec = lab.python("def handler(event, context): return 1", runtime="python3.14")
        assert (await lab.invoke(spec))[0].payload == b"1"
    assert lab.recorder.notices == [found.explanation]


async def test_json_log_format(lab: Lab) -> None:
    spec = lab.python(
        """
        import logging
        def handler(event, context):
            logging.getLogger("mine").error("bad", extra={"order": 7})
            raise ValueError("boom")
        """,
        log_format="JSON",
    )
    _, done = await lab.invoke(spec)
    lines = [json.loads(line) for line in done.log_text.splitlines()]
    kinds = [line.get("type", line.get("level")) for line in lines]
    assert kinds == ["platform.initStart", "platform.start", "ERROR", "ERROR", "platform.report"]
    assert lines[2]["order"] == 7 and lines[2]["requestId"] == done.request.request_id
    assert lines[3]["errorType"] == "ValueError"
    assert lines[4]["record"]["metrics"]["memorySizeMB"] == 128


async def test_event_invocations_and_client_context(lab: Lab) -> None:
    spec = lab.python("def handler(event, context): return context.client_context.custom")
    asked = InvokeRequest("id", b"", ARN, "Root=1", "Event", '{"custom": {"a": "b"}}')
    execution = lab.runtime.invoke(spec, asked)
    assert (await execution.answered()).payload == b'{"a": "b"}'
    await execution.completed()
    assert lab.recorder.finished[-1].request is asked


@pytest.mark.parametrize("standby", [False, True])
async def test_our_modules_hide_none_of_the_function_s(lab: Lab, standby: bool) -> None:
    lab.new_runtime(lab.root.parent / "runtime", standby=standby)
    folder = Path(runtime.__file__).parent / "bootstraps" / "python"
    names = [file.stem for file in folder.glob("*.py")]
    assert "client" in names
    for name in names:
        lab.write(f"{name}.py", f"OWN = {name!r}")
    spec = lab.python(
        f"""
        import importlib.util
        def handler(event, context):
            if event == "own":
                return [importlib.import_module(name).OWN for name in {names!r}]
            return [name for name in {names!r} if importlib.util.find_spec(name)]
        """
    )
    lab.runtime.prepare(spec)
    result, _ = await lab.invoke(spec, b'"own"')
    assert json.loads(result.payload) == names
    for name in names:
        (lab.root / f"{name}.py").unlink()
    spec = lab.spec()
    result, _ = await lab.invoke(spec)
    assert json.loads(result.payload) == []
    lab.write("lambda/runtime/client.py", "def handler(e, c): return 'own'")
    result, _ = await lab.invoke(lab.spec("lambda/runtime/client.handler"))
    assert json.loads(result.payload) == "own"


async def test_application_log_level(lab: Lab) -> None:
    for log_format in ("JSON", "Text"):
        spec = lab.python(
            """
            import logging
            def handler(event, context):
                for level in (10, 20, 30, 40):
                    logging.getLogger("mine").log(level, "level %s", level)
            """,
            log_format=log_format,
            application_log_level="WARN",
        )
        _, done = await lab.invoke(spec)
        shown = [level for level in (10, 20, 30, 40) if f"level {level}" in done.log_text]
        # The text format has no levels: Python's own default, WARNING, counts (lambda-facts §3.2).
        assert shown == [30, 40], log_format


async def test_memory_of_a_first_invocation_is_its_own(lab: Lab) -> None:
    # Shorter than 2 ms and right after init: the reading at init must not stand for it.
    source = "def handler(event, context): return len(bytearray(b'x') * {size})"
    peaks = []
    for size in (1, 6 << 20):
        _, done = await lab.invoke(lab.python(source.format(size=size)))
        peaks.append(done.report.max_memory_used)
    assert peaks[1] >= peaks[0] + 5


async def test_of_very_much_output_the_end_is_remembered(lab: Lab) -> None:
    spec = lab.python(
        "def handler(e, c):\n    for n in range(6000): print(n, 'x' * 4000)\n", timeout=60
    )
    _, done = await lab.invoke(spec)
    assert MAX_REMEMBERED < len(done.log_text) < 3 * MAX_REMEMBERED
    lines = done.log_text.splitlines()
    assert lines[-1].startswith("REPORT ") and lines[-3].startswith("5999 ")
    assert not done.log_text.startswith("START")
