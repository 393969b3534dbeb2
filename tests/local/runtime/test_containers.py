"""Functions that are container images, run by a real Docker or Podman."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from container_lab import make_image, require_tool, tool
from runtime_lab import Lab, request

from workbench.local.runtime.records import (
    ContainerImage,
    FunctionSpec,
    Throttled,
    UnsupportedRuntime,
)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_tool()
    name = make_image(tmp_path_factory.mktemp("image"))
    yield name
    tool("rmi", "--force", name)


def spec_of(
    lab: Lab, image: str, settings: dict[str, Any] | None = None, **more: Any
) -> FunctionSpec:
    container = ContainerImage(image, image, **(settings or {}))
    return lab.spec("", runtime="", image=container, **more)


def names() -> str:
    return tool("ps", "--all", "--quiet", "--filter=label=workbench.function=fn:$LATEST")


async def about(lab: Lab, spec: FunctionSpec) -> dict[str, Any]:
    result, _ = await lab.invoke(spec, b'"about"')
    told: dict[str, Any] = json.loads(result.payload)
    told["variables"] = dict(each.split("=", 1) for each in told["variables"])
    return told


async def test_a_container_answers_and_its_lines_are_logged(lab: Lab, image: str) -> None:
    spec = spec_of(lab, image)
    for number in range(3):
        result, completion = await lab.invoke(spec, json.dumps({"n": number}).encode())
        assert json.loads(result.payload) == {"n": number}
        lines = completion.log_text.splitlines()
        assert [line.split(" ")[0] for line in lines] == ["START", "a", "END", "REPORT"]
        assert (completion.report.init_ms is not None) == (number == 0)
    assert len(lab.runtime.environments()) == 1
    # Its process becomes known a moment after it runs: a program this small may be done by then.
    async with asyncio.timeout(10):
        while not completion.report.max_memory_used:
            _, completion = await lab.invoke(spec, b"1")
    assert completion.report.max_memory_used < 20


async def test_who_calls_again_at_once_needs_no_second_container(lab: Lab, image: str) -> None:
    spec = spec_of(lab, image)
    lab.runtime.reserve(spec.arn, 1)
    completions = []
    async with asyncio.timeout(30):
        while len(completions) < 5:
            try:
                execution = lab.runtime.invoke(spec, request(str(len(completions)).encode()))
            except Throttled:  # it has answered, and not yet asked for more
                await asyncio.sleep(0)
                continue
            assert (await execution.answered()).payload == str(len(completions)).encode()
            completions.append(execution.completed())
    ended = [await completion for completion in completions]
    assert [done.report.init_ms is None for done in ended] == [False, True, True, True, True]
    assert len(lab.runtime.environments()) == 1


async def test_it_is_set_up_as_on_aws(lab: Lab, image: str) -> None:
    secrets = {"SECRET": "two\nlines", "PATH": "/own", "DOCKER_HOST": "nowhere", "EMPTY": ""}
    told = await about(lab, spec_of(lab, image, environment=secrets))
    assert told["arguments"] == ["/fn", "app.handler"]
    assert (told["user"], told["folder"]) == (993, "/")
    variables = told["variables"]
    assert variables["PATH"] == "/own" and variables["DOCKER_HOST"] == "nowhere"
    assert variables["EMPTY"] == ""
    assert variables["_HANDLER"] == "app.handler"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "fn"
    assert "AWS_EXECUTION_ENV" not in variables and "LAMBDA_TASK_ROOT" not in variables
    settings = {"command": ("b.c", "x"), "working_directory": "/app"}
    told = await about(lab, spec_of(lab, image, settings))
    assert (told["arguments"], told["folder"]) == (["/fn", "b.c", "x"], "/app")
    told = await about(lab, spec_of(lab, image, {"entry_point": ("/fn", "-e")}))
    assert told["arguments"] == ["/fn", "-e", "app.handler"]


async def test_its_root_is_read_only_and_its_tmp_has_its_size(lab: Lab, image: str) -> None:
    spec = spec_of(lab, image)
    said = [(await lab.invoke(spec, event))[0].payload for event in (b'"root"', b'"tmp"')]
    assert said == [b'"/file: Read-only file system"', b'"/tmp/file: written"']
    result, _ = await lab.invoke(spec, b'"full"')
    assert result.payload == b'"/tmp/file: No space left on device"'


async def test_ends(lab: Lab, image: str) -> None:
    spec = spec_of(lab, image, timeout=2)
    result, completion = await lab.invoke(spec, b'"exit"')
    assert json.loads(result.payload)["errorType"] == "Runtime.ExitError"
    assert "Runtime exited with error: exit status 3" in json.loads(result.payload)["errorMessage"]
    assert 'a line about "exit"' in completion.log_text
    result, completion = await lab.invoke(spec, b'"hang"')
    assert "Task timed out after 2.00 seconds" in json.loads(result.payload)["errorMessage"]
    assert completion.report.status == "timeout"
    result, completion = await lab.invoke(spec, b'"grow"')
    assert json.loads(result.payload)["errorType"] == "Runtime.OutOfMemory"
    assert completion.report.max_memory_used == 128
    assert (await lab.invoke(spec, b"1"))[0].payload == b"1"


async def test_no_container_outlives_its_environment(lab: Lab, image: str) -> None:
    await lab.invoke(spec_of(lab, image), b"1")
    spec = spec_of(lab, image)
    execution = lab.runtime.invoke(spec, request(b'"hang"'))
    await lab.runtime.stop()  # one is idle, one may be anywhere between nothing and running
    assert (await execution.answered()).function_error == "Unhandled"
    assert names() == ""


async def test_what_cannot_be_started(lab: Lab, image: str) -> None:
    result, _ = await lab.invoke(spec_of(lab, image, {"entry_point": ("/missing",)}))
    told = json.loads(result.payload)
    assert told["errorType"] == "Runtime.InvalidEntrypoint" and "/missing" in told["errorMessage"]
    result, _ = await lab.invoke(spec_of(lab, "workbench-test-nobody-has:1"))
    assert result.refusal is not None
    code, message = result.refusal
    assert code == "InvalidRuntimeException"
    assert message.startswith("The image workbench-test-nobody-has:1 of fn is not on this machine:")


async def test_no_daemon_and_no_program(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    program = lab.root / "docker"
    program.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon at x.' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{lab.root}:/usr/bin:/bin")
    result, _ = await lab.invoke(spec_of(lab, "i:1"))
    assert result.refusal == (
        "InvalidRuntimeException",
        "fn is a container image (i:1), which needs Docker or Podman, and docker says: Cannot "
        "connect to the Docker daemon at x.",
    )
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnsupportedRuntime, match="install one of them and start it"):
        await lab.invoke(spec_of(lab, "i:1"))
