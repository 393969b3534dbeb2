"""The file system of an execution environment: AWS's paths, and a /tmp of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from runtime_lab import Lab, until

from workbench.local.runtime.filesystem.file_systems import FileSystems
from workbench.local.runtime.filesystem.keeper import _link_all

STANDBY = pytest.mark.parametrize("standby", [False, True])


@pytest.fixture
async def private(lab: Lab) -> Lab:
    """A laboratory with private file systems; skips, saying why, where there are none."""
    file_systems = lab.runtime._launchers.file_systems
    if not await file_systems.ready():
        pytest.skip(f"no mount namespaces: {file_systems.refusal}")
    await lab.runtime.stop()
    lab.new_runtime(lab.root.parent / "private")
    return lab


async def answer(lab: Lab, spec: Any, event: object = None) -> Any:
    result, _ = await lab.invoke(spec, json.dumps(event).encode())
    return json.loads(result.payload)


@STANDBY
async def test_python_sees_the_paths_of_aws(private: Lab, tmp_path: Path, standby: bool) -> None:
    private.new_runtime(tmp_path / "runtime", standby=standby)
    for name in ("one", "two"):
        folder = tmp_path / name / "python"
        folder.mkdir(parents=True)
        (folder / "shared.py").write_text(f"NAME = {name!r}")
        (folder / f"only_{name}.py").write_text("")
    spec = private.python(
        """
        import os, sys, boto3, shared, only_one, only_two
        def handler(event, context):
            if event == "fail":
                raise ValueError("bad")
            try:
                open("/var/task/new", "w")
            except OSError as error:
                refused = str(error)
            return [__file__, os.getcwd(), os.environ["LAMBDA_TASK_ROOT"], shared.NAME,
                    shared.__file__, boto3.__file__, sys.executable.startswith("/var/lang/bin/"),
                    sorted(os.listdir("/opt/python")), refused]
        """,
        layers=(tmp_path / "one", tmp_path / "two"),
    )
    private.runtime.prepare(spec)
    for again in (spec, private.spec(layers=spec.layers)):
        assert await answer(private, again) == [
            "/var/task/app.py", "/var/task", "/var/task", "two", "/opt/python/shared.py",
            "/var/runtime/boto3/__init__.py", True, ["only_one.py", "only_two.py", "shared.py"],
            "[Errno 30] Read-only file system: '/var/task/new'",
        ]  # fmt: skip
    failed = await answer(private, spec, "fail")
    assert failed["stackTrace"] == [
        '  File "/var/task/app.py", line 5, in handler\n    raise ValueError("bad")\n'
    ]


@STANDBY
async def test_node_sees_the_paths_of_aws(private: Lab, tmp_path: Path, standby: bool) -> None:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not on this machine")
    private.new_runtime(tmp_path / "runtime", standby=standby)
    package = tmp_path / "layer" / "nodejs" / "node_modules" / "inlayer"
    package.mkdir(parents=True)
    (package / "index.js").write_text("module.exports = __filename;")
    installed = tmp_path / "dependencies" / "node_modules" / "installed"
    installed.mkdir(parents=True)
    (installed / "package.json").write_text('{"type": "module", "exports": "./i.js"}')
    (installed / "i.js").write_text("export default import.meta.url;")
    private.write(
        "app.mjs",
        """
        import { createRequire } from "node:module";
        import installed from "installed";
        const found = createRequire(import.meta.url)("inlayer");
        export const handler = async () => [import.meta.url, process.cwd(), found, installed];
        """,
    )
    spec = private.spec(
        runtime="nodejs22.x",
        layers=(tmp_path / "layer",),
        dependencies=tmp_path / "dependencies",
    )
    private.runtime.prepare(spec)
    assert await answer(private, spec) == [
        "file:///var/task/app.mjs",
        "/var/task",
        "/opt/nodejs/node_modules/inlayer/index.js",
        "file:///var/node_modules/installed/i.js",
    ]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
async def test_a_custom_runtime_sees_the_paths_of_aws(private: Lab) -> None:
    bootstrap = private.write(
        "bootstrap",
        """\
        #!/bin/sh
        api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
        id="$(curl -sS -o /dev/null -D - "$api/invocation/next" | tr -d '\\r' |
              sed -n 's/^Lambda-Runtime-Aws-Request-Id: //ip')"
        curl -sS -o /dev/null "$api/invocation/$id/response" -d "\\"$0 $(pwd) $(ls -A /tmp /opt)\\""
        curl -sS "$api/invocation/next"
        """,
    )
    bootstrap.chmod(0o755)
    result, _ = await private.invoke(private.spec(runtime="provided.al2023"))
    assert result.payload.split() == b'"/var/task/bootstrap /var/task /opt: /tmp:"'.split()


@STANDBY
async def test_tmp_is_private_sized_and_kept_over_a_reset(
    private: Lab, tmp_path: Path, standby: bool
) -> None:
    private.new_runtime(tmp_path / "runtime", standby=standby)
    spec = private.python(
        """
        import os, time
        calls = []
        def handler(event, context):
            calls.append(1)
            with open("/tmp/calls", "a") as file:
                file.write("x")
            if event == "hang":
                time.sleep(60)
            space = os.statvfs("/tmp")
            return [len(calls), os.path.getsize("/tmp/calls"), oct(os.stat("/tmp").st_mode),
                    space.f_blocks * space.f_frsize >> 20, os.listdir("/tmp")]
        """,
        timeout=1,
        ephemeral_storage=700,
    )
    private.runtime.prepare(spec)
    assert await answer(private, spec) == [1, 1, "0o41777", 700, ["calls"]]
    assert (await answer(private, spec, "hang"))["errorType"] == "Sandbox.Timedout"
    assert await answer(private, spec) == [1, 3, "0o41777", 700, ["calls"]]
    # Another environment has another.
    assert (await answer(private, private.spec(ephemeral_storage=512)))[:4] == [
        1, 1, "0o41777", 512,
    ]  # fmt: skip
    assert not Path("/tmp/calls").exists()


async def test_writing_more_than_the_ephemeral_storage_fails(private: Lab) -> None:
    spec = private.python(
        """
        def handler(event, context):
            with open("/tmp/much", "wb") as file:
                file.truncate(0)
                for _ in range(520):
                    file.write(bytes(1 << 20))
        """,
        memory_size=2048,
    )
    failed = await answer(private, spec)
    assert failed["errorMessage"] == "[Errno 28] No space left on device"


async def test_files_saved_in_a_linked_folder_are_seen(private: Lab) -> None:
    spec = private.python("def handler(event, context): return open(event).read()")
    private.write("first", "1")
    assert await answer(private, spec, "/var/task/first") == "1"
    private.write("second", "2")
    assert await answer(private, spec, "second") == "2"


@STANDBY
async def test_packages_installed_outside_the_task_root(
    private: Lab, tmp_path: Path, standby: bool
) -> None:
    private.new_runtime(tmp_path / "runtime", standby=standby)
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "third.py").write_text("")
    spec = private.python(
        "import third\ndef handler(event, context): return third.__file__",
        dependencies=tmp_path / "installed",
    )
    private.runtime.prepare(spec)
    assert await answer(private, spec) == "/var/dependencies/third.py"


async def test_a_missing_folder_is_told(private: Lab) -> None:
    spec = private.spec(task_root=private.root / "gone")
    assert (await answer(private, spec))["errorType"] == "Runtime.InvalidWorkingDir"


async def test_a_keeper_that_died_is_started_again(private: Lab) -> None:
    spec = private.python("def handler(event, context): return 1")
    assert await answer(private, spec) == 1
    keeper = private.runtime._launchers.file_systems._process
    assert keeper is not None
    keeper.kill()
    await until(lambda: private.runtime._launchers.file_systems._process is not keeper)
    assert await answer(private, spec) == 1
    assert await answer(private, private.spec()) == 1


async def test_switched_off_functions_see_this_machine_s_files(lab: Lab, tmp_path: Path) -> None:
    lab.new_runtime(tmp_path / "shared", private_file_systems=False)
    spec = lab.python("import os\ndef handler(event, context): return os.getcwd()")
    assert await answer(lab, spec) == str(lab.root)
    assert lab.runtime.file_systems == "shared"


def test_where_overlays_are_refused_links_merge_the_layers(tmp_path: Path) -> None:
    for layer, files in (("one", ("a/b", "a/c", "d")), ("two", ("a/b", "d/e"))):
        for name in files:
            file = tmp_path / layer / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(layer)
        (tmp_path / "merged").mkdir(exist_ok=True)
        _link_all(tmp_path / layer, tmp_path / "merged")
    merged = {
        str(file.relative_to(tmp_path / "merged")): file.read_text()
        for file in (tmp_path / "merged").rglob("*")
        if file.is_file()
    }
    assert merged == {"a/b": "two", "a/c": "one", "d/e": "two"}


ORDINARY_USER = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = {path!r}
from runtime_lab import Lab
async def main():
    lab = Lab(Path({folder!r}))
    lab.new_runtime(Path({folder!r}) / "warm", standby=True)
    spec = lab.python("import os\\ndef handler(e, c): return [os.getcwd(), os.listdir('/tmp'), "
                      "open('/proc/self/status').read().split('CapEff:')[1].split()[0]]",
                      runtime={runtime!r})
    lab.runtime.prepare(spec)
    launcher = lab.runtime._launchers.launcher_for(spec)
    while not (launcher._bare and launcher._bare.usable):
        await asyncio.sleep(0.01)
    for spec in (spec, lab.spec(runtime={runtime!r}, environment={{"PYTHONHASHSEED": "1"}})):
        result, _ = await lab.invoke(spec)
        print(lab.runtime.file_systems, result.payload.decode(), flush=True)
    await lab.runtime.stop()
asyncio.run(main())
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can be somebody else"
)
def test_an_ordinary_user_has_private_file_systems_too(tmp_path: Path) -> None:
    runtime = f"python3.{sys.version_info.minor}"
    path = [str(Path(__file__).parent), *filter(None, sys.path)]
    somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for needed in (__file__, pytest.__file__):
        if subprocess.run([*somebody, "test", "-r", needed], check=False).returncode:
            pytest.skip(f"others than root may not read {needed}")
    folder = Path("/var/tmp", f"workbench-{os.getpid()}")
    folder.mkdir(mode=0o777)
    try:
        folder.chmod(0o777)
        python = shutil.which(runtime, path="/usr/bin:/usr/local/bin") or sys.executable
        program = ORDINARY_USER.format(path=path, folder=str(folder), runtime=runtime)
        done = subprocess.run(
            [*somebody, python, "-c", program],
            capture_output=True, text=True, timeout=60, cwd="/", check=False,
        )  # fmt: skip
    finally:
        shutil.rmtree(folder)
    if "Permission denied" in done.stderr or "shared" in done.stdout:
        pytest.skip(f"not here: {done.stdout} {done.stderr[-400:]}")
    assert done.stdout.splitlines() == [
        'private ["/var/task", [], "0000000000000000"]',
        'private ["/var/task", [], "0000000000000000"]',
    ], done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="no file systems of their own")
async def test_what_could_not_be_started_is_started_later(tmp_path: Path) -> None:
    import resource

    refusals: list[str] = []
    file_systems = FileSystems(tmp_path, dict, refusals.append)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        for _ in range(2):
            with pytest.raises(OSError, match="Too many open files"):
                await file_systems.ready()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert await file_systems.ready() is not bool(refusals)
    await file_systems.stop()
