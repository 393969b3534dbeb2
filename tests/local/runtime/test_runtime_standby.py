"""Processes that stand by: same behaviour as fresh ones, only sooner."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from runtime_lab import Lab, request, until

from workbench.local.runtime.launchers.preload import Plan, plan
from workbench.local.runtime.launchers.python import PythonLauncher
from workbench.local.runtime.records import FunctionSpec

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="standby forks on Linux only")


async def stood_by(lab: Lab, spec: FunctionSpec) -> PythonLauncher:
    """Prepare `spec` and wait until its own standby process has a child ready."""
    lab.runtime.prepare(spec)
    launcher = lab.runtime._launchers.launcher_for(spec)
    assert isinstance(launcher, PythonLauncher)
    await until(
        lambda: (
            all(z.usable or z.failed for z in launcher._zygotes.values())
            and not launcher._planning
            and launcher._bare is not None
            and launcher._bare.usable
        )
    )
    return launcher


@pytest.fixture
async def warm(lab: Lab) -> Lab:
    lab.new_runtime(lab.root.parent / "warm", standby=True)
    return lab


async def test_dependencies_are_imported_ahead_and_own_code_is_not(warm: Lab) -> None:
    warm.write("helper.py", "import os\nOWN_PID = os.getpid()\n")
    spec = warm.python(
        """
        import colorsys, helper, os, random, sys
        IMPORTED_HERE = os.environ["AWS_LAMBDA_RUNTIME_API"]
        def handler(event, context):
            print("printed")
            return {"own": helper.OWN_PID == os.getpid(), "argv": sys.argv, "r": random.random(),
                    "stream": context.log_stream_name == os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
                    "leader": os.getsid(0) == os.getpid(), "main": "bootstrap" in sys.modules}
        """
    )
    launcher = await stood_by(warm, spec)
    zygote = launcher._zygotes[spec.arn, spec.version]
    assert zygote.usable and "colorsys" in zygote.plan.modules
    assert "helper" not in zygote.plan.modules
    answers = []
    for identity in ("a", "b"):
        fresh = warm.spec(identity=identity)
        result, done = await warm.invoke(fresh)
        answers.append(json.loads(result.payload))
        assert "printed\n" in done.log_text
        assert done.report.max_memory_used > 0
        assert any(e["Pid"] in {c.pid for c in zygote._children.values()}
                   for e in warm.runtime.environments())  # fmt: skip
    first, second = answers
    assert first.pop("r") != second.pop("r"), "random is seeded anew in every process"
    assert first == second == {"own": True, "argv": ["app.handler"], "stream": True,
                               "leader": True, "main": False}  # fmt: skip


async def test_exit_codes_and_signals_come_from_the_parent(warm: Lab) -> None:
    spec = warm.python("import os\ndef handler(e, c): eval(e)")
    await stood_by(warm, spec)
    for statement, reason in [
        ("os._exit(5)", "exit status 5"),
        ("os.kill(os.getpid(), 9)", "signal: killed"),
        ("exit(6)", "exit status 6"),
    ]:
        result, _ = await warm.invoke(spec, json.dumps(statement).encode())
        assert reason in json.loads(result.payload)["errorMessage"]


async def test_a_module_the_package_brings_itself_is_never_taken_from_standby(warm: Lab) -> None:
    spec = warm.python("import colorsys\ndef handler(e, c): return colorsys.__file__")
    await stood_by(warm, spec)
    warm.write("colorsys.py", "")
    again = warm.spec()
    result, _ = await warm.invoke(again)
    assert json.loads(result.payload) == f"{warm.task_root}/colorsys.py"


async def test_a_dependency_that_starts_threads_is_not_forked(warm: Lab, tmp_path: Path) -> None:
    dependencies = tmp_path / "dependencies"
    dependencies.mkdir()
    (dependencies / "threaded.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
    )
    spec = warm.python(
        "import threaded\ndef handler(e, c): return threaded.threading.active_count()",
        dependencies=dependencies,
    )
    launcher = await stood_by(warm, spec)
    assert launcher._zygotes[spec.arn, spec.version].failed
    result, _ = await warm.invoke(spec)
    assert result.payload == b"2"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not on this machine")
@pytest.mark.parametrize("folder", ["", "lib"])
async def test_libraries_of_the_package_are_found(warm: Lab, folder: str) -> None:
    spec = warm.python(
        "import ctypes\ndef handler(e, c): return ctypes.CDLL('libseven.so').seven()"
    )
    await stood_by(warm, spec)
    source = warm.write("seven.c", "int seven(void) { return 7; }")
    (warm.root / folder).mkdir(exist_ok=True)
    library = warm.root / folder / "libseven.so"
    compiler = await asyncio.create_subprocess_exec("gcc", "-shared", "-o", library, source)
    assert await compiler.wait() == 0
    assert (await warm.invoke(warm.spec()))[0].payload == b"7"


async def test_nothing_stands_by_for_a_deleted_function(warm: Lab) -> None:
    spec = warm.python("import colorsys\ndef handler(e, c): return 1")
    launcher = await stood_by(warm, spec)
    await warm.invoke(spec)
    assert launcher._planned and launcher._later
    [zygote] = launcher._zygotes.values()
    warm.runtime.retire(spec.arn)
    assert not launcher._planned and not launcher._later and not launcher._zygotes
    await until(lambda: zygote.failed)


async def test_a_dead_standby_process_is_only_slower(warm: Lab) -> None:
    spec = warm.python("def handler(e, c): return 1")
    launcher = await stood_by(warm, spec)
    assert launcher._bare is not None
    await until(lambda: launcher._bare._spare and launcher._bare._spare.pid)
    launcher._bare._popen.kill()
    assert (await warm.invoke(spec))[0].payload == b"1"
    bare = launcher._bare
    await until(lambda: not bare.usable)
    assert (await warm.invoke(warm.spec()))[0].payload == b"1"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [("os._exit(7)", "exit status 7"), ("os.kill(os.getpid(), 11)", "signal: segmentation fault")],
)
async def test_functions_outlive_their_standby_process(
    warm: Lab, statement: str, reason: str
) -> None:
    spec = warm.python("import os\ndef handler(e, c): return eval(e)")
    launcher = await stood_by(warm, spec)
    bare = launcher._bare
    assert bare is not None
    assert (await warm.invoke(spec, b'"os.getppid()"'))[0].payload == b"%d" % bare._popen.pid
    pid = (await warm.invoke(spec, b'"os.getpid()"'))[0].payload
    bare._popen.kill()
    await until(lambda: bare.failed)
    assert (await warm.invoke(spec, b'"os.getpid()"'))[0].payload == pid
    result, _ = await warm.invoke(spec, json.dumps(statement).encode())
    assert reason in json.loads(result.payload)["errorMessage"]


async def test_a_process_that_was_not_forked_any_more_is_started_instead(warm: Lab) -> None:
    spec = warm.python(
        "import os, time\ndef handler(e, c):\n    time.sleep(0.2)\n    return os.getpid()"
    )
    launcher = await stood_by(warm, spec)
    bare = launcher._bare
    assert bare is not None
    await until(lambda: bare._spare and bare._spare.pid)
    os.kill(bare._popen.pid, signal.SIGSTOP)
    # The first takes the child forked ahead, the others wait for one that will never be.
    begun = [warm.runtime.invoke(spec, request()) for _ in range(3)]
    await until(lambda: len(bare._children) == 3)
    bare._popen.kill()
    done = [await execution.completed() for execution in begun]
    assert len({each.result.payload for each in done}) == 3
    assert [each.result.function_error for each in done] == [None] * 3
    assert not any("INIT_REPORT" in each.log_text for each in done)


async def test_what_a_function_started_ends_with_it(warm: Lab) -> None:
    spec = warm.python(
        """
        import os, subprocess
        def handler(event, context):
            if event == "start":
                return subprocess.Popen(["sleep", "100"]).pid
            os._exit(0)
        """
    )
    await stood_by(warm, spec)
    for each in (spec, warm.spec(environment={"PYTHONHASHSEED": "0"})):  # forked, started
        result, _ = await warm.invoke(each, b'"start"')
        started = int(result.payload)
        await warm.invoke(each, b'"end"')
        await until(lambda number=started: not Path(f"/proc/{number}").exists())


async def test_boto3_client_made_ahead_keeps_no_credentials(warm: Lab) -> None:
    spec = warm.python(
        """
        import boto3
        s3 = boto3.client("s3")
        def handler(event, context):
            return boto3.DEFAULT_SESSION.get_credentials().access_key
        """
    )
    launcher = await stood_by(warm, spec)
    assert launcher._zygotes[spec.arn, spec.version].plan.clients == (("client", "s3"),)
    result, _ = await warm.invoke(spec)
    assert json.loads(result.payload) == warm.runtime.config.credentials["AWS_ACCESS_KEY_ID"]


def test_plan_follows_local_modules_at_module_level(tmp_path: Path) -> None:
    (tmp_path / "src" / "lib").mkdir(parents=True)
    (tmp_path / "src" / "app.py").write_text(
        "from src.lib import tool\nfrom .near import x\nimport requests.adapters\n"
        "try:\n    import orjson\nexcept ImportError:\n    import json\n"
        "def late():\n    import pandas\n"
    )
    (tmp_path / "src" / "near.py").write_text("import yaml\nx = boto3.client('sqs')\n")
    (tmp_path / "src" / "lib" / "tool.py").write_text("import boto3\nboto3.resource('s3')\n")
    found = plan(tmp_path, "src/app.handler")
    assert set(found.modules) == {"requests.adapters", "orjson", "json", "yaml", "boto3"}
    assert set(found.clients) == {("client", "sqs"), ("resource", "s3")}


@pytest.mark.parametrize("source", ["def broken(:", "\0", ""])
def test_plan_of_what_cannot_be_read_is_empty(tmp_path: Path, source: str) -> None:
    (tmp_path / "app.py").write_text(source)
    assert plan(tmp_path, "app.handler") == plan(tmp_path, "no.where") == Plan()
