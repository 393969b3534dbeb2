"""Lambda's operations against the real local Lambda, and against AWS where that differs."""

from __future__ import annotations

import io
import json
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from workbench.aws.clients import INVOKE_READ_SECONDS, Clients
from workbench.aws.errors import LambdaError
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import Invocation, Target
from workbench.aws.workbench_surface import WorkbenchSurface

RUNTIME: Any = f"python3.{sys.version_info.minor}"  # the stubs know a list of literals


def create(client: LambdaClient, name: str, code: str = "def handler(e, c): return e") -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("app.py", code)
    Clients(client.target).control.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Role="arn:aws:iam::123456789012:role/r",
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    client.wait_active(name)


def update_code(client: LambdaClient, name: str, code: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("app.py", code)
    control = Clients(client.target).control
    control.update_function_code(FunctionName=name, ZipFile=archive.getvalue())
    client.wait_active(name)


def test_lists_all_functions_page_by_page(client: LambdaClient) -> None:
    pages = list(client.functions())
    names = {function.name for page in pages for function in page}
    assert {"Echo", "Fail", "Count", "Hang"} <= names


def test_more_functions_than_a_page(client: LambdaClient) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("bootstrap", "")
    control = Clients(client.target).control
    for number in range(52):
        control.create_function(
            FunctionName=f"paged-{number}",
            Runtime="provided.al2023",
            Role="arn:aws:iam::123456789012:role/r",
            Handler="x",
            Code={"ZipFile": archive.getvalue()},
        )
    pages = list(client.functions())
    assert len(pages) >= 2
    names = [function.name for page in pages for function in page]
    assert {f"paged-{number}" for number in range(52)} <= set(names)
    assert len(names) == len(set(names))


def test_reads_one_function(client: LambdaClient) -> None:
    function = client.function("Echo")
    assert function.name == "Echo"
    assert function.state == "Active"
    assert function.handler == "app.echo"
    assert function.timeout == 30
    assert function.log_group == "/aws/lambda/Echo"


def test_a_missing_function_is_told_in_awss_words(client: LambdaClient) -> None:
    with pytest.raises(LambdaError, match="Function not found: arn:aws:lambda") as caught:
        client.function("nowhere")
    assert caught.value.code == "ResourceNotFoundException"
    assert caught.value.status == 404
    assert caught.value.request_id


def test_invoke_answers_with_payload_report_and_log(client: LambdaClient) -> None:
    invocation = client.invoke("Echo", b'{"a": 1}')
    assert json.loads(invocation.payload) == {"a": 1}
    assert (invocation.status_code, invocation.executed_version) == (200, "$LATEST")
    assert invocation.function_error is None
    assert f"echo of {invocation.request_id}" in invocation.log_text
    assert invocation.report is not None
    assert invocation.report.request_id == invocation.request_id
    assert invocation.report.memory_size == 128
    assert 0 < invocation.report.duration_ms < invocation.round_trip_ms


def test_a_failing_function_is_an_answer_with_frames_in_its_files(
    client: LambdaClient, project: Path
) -> None:
    invocation = client.invoke("Fail", b"{}")
    assert invocation.function_error == "Unhandled"
    error = invocation.error
    assert error is not None
    assert (error.type, error.message) == ("ValueError", "no luck")
    assert [frame.function for frame in error.frames] == ["inner", "fail"]
    assert error.frames[0].path == str(project / "src" / "app.py")
    assert error.frames[0].code == 'raise ValueError("no luck")'


def test_event_and_dry_run(client: LambdaClient) -> None:
    queued = client.invoke("Echo", b"{}", invocation_type="Event")
    assert (queued.status_code, queued.payload, queued.report) == (202, b"", None)
    dry = client.invoke("Echo", b"{}", invocation_type="DryRun")
    assert (dry.status_code, dry.payload) == (204, b"")


def test_a_hanging_invocation_is_cancelled_by_its_token(
    client: LambdaClient, surface: WorkbenchSurface
) -> None:
    stop, connected, busy = threading.Event(), threading.Event(), threading.Event()

    def watch() -> None:
        for event in surface.events(stop):
            if event.kind == "connected":
                connected.set()
            elif event.kind == "environment" and (
                (event.data["FunctionName"], event.data["State"]) == ("Hang", "busy")
            ):
                busy.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert connected.wait(10)
    answers: list[Invocation] = []
    invoker = threading.Thread(
        target=lambda: answers.append(client.invoke("Hang", b"{}", token="my-token"))
    )
    invoker.start()
    try:
        assert busy.wait(10)
        assert surface.cancel("my-token")
        invoker.join(15)
        assert answers and answers[0].function_error
        assert not surface.cancel("my-token")
    finally:
        stop.set()
        watcher.join(10)
    assert not watcher.is_alive()


def test_versions_and_aliases_from_publishing_to_deleting(client: LambdaClient) -> None:
    create(client, "shop")
    first = client.publish_version("shop", "one")
    assert (first.version, first.description) == ("1", "one")
    assert client.publish_version("shop").version == "1", "nothing changed since"
    update_code(client, "shop", "def handler(e, c): return 2")
    client.wait_active("shop")
    assert client.publish_version("shop").version == "2"
    assert [function.version for function in client.versions("shop")] == ["$LATEST", "2", "1"]

    live = client.create_alias("shop", "live", "1", "what customers see")
    assert (live.function_version, live.weights) == ("1", {})
    weighted = client.update_alias("shop", "live", weights={"2": 0.25})
    assert (weighted.weights, weighted.description) == ({"2": 0.25}, "what customers see")
    with pytest.raises(LambdaError, match="Revision Id") as caught:
        client.update_alias("shop", "live", version="2", revision_id=live.revision_id)
    assert caught.value.code == "PreconditionFailedException"
    moved = client.update_alias("shop", "live", version="2", weights={})
    assert (moved.function_version, moved.weights) == ("2", {})
    assert client.aliases("shop") == [moved]
    assert client.invoke("shop", b"1", qualifier="live").executed_version == "2"
    client.delete_alias("shop", "live")
    client.delete_alias("shop", "live")
    assert client.aliases("shop") == []


def test_downloads_the_code_that_was_published(client: LambdaClient, tmp_path: Path) -> None:
    create(client, "loaded", "def handler(e, c): return 'v1'")
    client.publish_version("loaded")
    folder = client.download_code("loaded", "1", tmp_path / "deep" / "code")
    assert (folder / "app.py").read_text() == "def handler(e, c): return 'v1'"
    assert client.download_code("loaded", None, folder) == folder, "replaces what was there"
    assert [path.name for path in folder.parent.iterdir()] == ["code"]


def test_threads_share_a_client(client: LambdaClient) -> None:
    answers: list[bytes] = []
    threads = [
        threading.Thread(
            target=lambda n=n: answers.append(client.invoke("Echo", str(n).encode()).payload)
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == [str(n).encode() for n in range(8)]


def test_invoke_waits_longer_than_any_function_and_is_never_repeated(local: Target) -> None:
    config = Clients(local).invoke.meta.config
    assert config.read_timeout == INVOKE_READ_SECONDS > 15 * 60
    assert config.retries == {"total_max_attempts": 1, "mode": "standard"}


def test_the_developers_aws_settings_do_not_matter_here(
    client: LambdaClient, local: Target, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (aws_home / "config").write_text("[broken")
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert LambdaClient(local).function("Echo").name == "Echo"


def test_the_same_calls_as_an_aws_target(
    local: Target, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    target = Target("aws", "us-east-1", endpoint_url=local.endpoint_url)
    invocation = LambdaClient(target).invoke("Echo", b"5", token="ignored on AWS")
    assert invocation.payload == b"5"


def test_waiting_for_what_never_comes_ends(client: LambdaClient) -> None:
    with pytest.raises(LambdaError, match="Function not found"):
        client.wait_active("nowhere", timeout=3600)
