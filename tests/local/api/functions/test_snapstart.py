"""SnapStart, with boto3 against a real local Lambda (lambda-facts §11.2)."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_lab import PARAMETER, refused
from endpoint_lab import ECHO, ROLE, LocalEndpoint, local_lambda, zipped

SNAP = {"ApplyOn": "PublishedVersions"}
STATEFUL = (
    "import os, random\n"
    "from snapshot_restore_py import register_after_restore, register_before_snapshot\n"
    "done = ['init ' + os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']]\n"
    "pid = os.getpid()\n"
    "print('initialised')\n"
    "@register_before_snapshot\n"
    "def first():\n"
    "    done.append('first before')\n"
    "def second(word, more):\n"
    "    done.append(word + more)\n"
    "register_before_snapshot(second, 'second ', more='before')\n"
    "@register_after_restore\n"
    "def after():\n"
    "    done.append('after')\n"
    "@register_after_restore\n"
    "def later():\n"
    "    done.append('later')\n"
    "def handler(event, context):\n"
    "    names = [n for n in os.environ if n.startswith('AWS_LAMBDA_LOG_')]\n"
    "    return {'done': done, 'names': names, 'pid': os.getpid(), 'init': pid,\n"
    "            'random': random.random()}\n"
)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    with local_lambda(tmp_path_factory.mktemp("snapstart")) as running:
        yield running


def create(endpoint: LocalEndpoint, code: str = STATEFUL, **more: Any) -> str:
    return endpoint.create(code, Runtime="python3.12", SnapStart=SNAP, Timeout=20, **more)


def publish(endpoint: LocalEndpoint, name: str) -> dict[str, Any]:
    """The configuration of a new version, once it is not Pending any more."""
    client = endpoint.client()
    made = client.publish_version(FunctionName=name)
    while made["State"] == "Pending":
        made = client.get_function_configuration(FunctionName=name, Qualifier=made["Version"])
    found: dict[str, Any] = made
    return found


def invoke(endpoint: LocalEndpoint, name: str, **named: Any) -> tuple[Any, str]:
    """What version 1 answers, and its log text."""
    response = endpoint.client().invoke(FunctionName=name, Qualifier="1", LogType="Tail", **named)
    return json.load(response["Payload"]), base64.b64decode(response["LogResult"]).decode()


def log(endpoint: LocalEndpoint, name: str) -> list[str]:
    events = endpoint.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")
    return [event["message"] for event in events["events"]]


def test_a_version_is_pending_until_its_snapshot_is_made(endpoint: LocalEndpoint) -> None:
    client, name = endpoint.client(), create(endpoint)
    latest = client.get_function_configuration(FunctionName=name)
    assert latest["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    made = client.publish_version(FunctionName=name)
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert made["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    assert refused(client.invoke, FunctionName=name, Qualifier="1") == (
        ("SnapStartNotReadyException", 409),
        "Lambda is initializing your function. You can invoke the function when the function "
        "state becomes Active.",
    )
    active = endpoint.settle(name, "1")
    assert active["RevisionId"] != made["RevisionId"]
    assert client.publish_version(FunctionName=name)["Version"] == "1"
    lines = log(endpoint, name)
    assert [line.split(" ")[0] for line in lines] == ["INIT_START", "initialised\n", "INIT_REPORT"]
    assert re.fullmatch(r"INIT_REPORT Init Duration: \d+\.\d\d ms\n", lines[2])


def test_environments_begin_after_init_and_run_the_hooks(endpoint: LocalEndpoint) -> None:
    name = create(endpoint)
    assert publish(endpoint, name)["State"] == "Active"
    answer, text = invoke(endpoint, name)
    assert answer["done"] == [
        "init snap-start", "second before", "first before", "after", "later",
    ]  # fmt: skip
    assert answer["names"] == []
    assert re.match(
        r"RESTORE_START Runtime Version: python:3.12.\S+\tRuntime Version ARN: \S+\n", text
    )
    assert re.search(r"^RESTORE_REPORT Restore Duration: \d+\.\d\d ms$", text, re.M)
    figures = re.search(
        r"Duration: ([\d.]+) ms\tBilled Duration: (\d+) ms\t.*\t"
        r"Restore Duration: ([\d.]+) ms\tBilled Restore Duration: (\d+) ms\t$",
        text,
        re.M,
    )
    assert figures is not None
    assert "Init Duration" not in text
    duration, billed, restore, billed_restore = map(float, figures.groups())
    assert billed_restore <= restore + 1
    assert billed_restore <= billed <= duration + billed_restore + 1
    assert answer["init"] != answer["pid"]
    again, text = invoke(endpoint, name)
    assert again["pid"] == answer["pid"]
    assert "Restore" not in text


def test_the_unpublished_version_has_no_snapshot(endpoint: LocalEndpoint) -> None:
    name = create(endpoint)
    response = endpoint.client().invoke(FunctionName=name)
    answer = json.load(response["Payload"])
    assert answer["done"] == ["init on-demand"]
    assert len(answer["names"]) == 2


@pytest.mark.parametrize(
    ("code", "reason", "text"),
    [
        ("import nothing_there\n" + ECHO, "FunctionError.RuntimeInitError", "nothing_there"),
        ("import os\nos._exit(3)\n" + ECHO, "FunctionError.RuntimeInitError", "exit status 3"),
        (
            "from snapshot_restore_py import register_before_snapshot\n"
            "@register_before_snapshot\ndef bad():\n    raise ValueError('no snapshot')\n" + ECHO,
            "FunctionError.RuntimeInitError",
            "Runtime.BeforeSnapshotError: no snapshot",
        ),
    ],
)
def test_an_init_that_fails_fails_the_version(
    endpoint: LocalEndpoint, code: str, reason: str, text: str
) -> None:
    name = create(endpoint, code)
    found = publish(endpoint, name)
    assert (found["State"], found["StateReasonCode"]) == ("Failed", reason)
    assert text in found["StateReason"]
    assert refused(endpoint.client().invoke, FunctionName=name, Qualifier="1") == (
        ("ResourceConflictException", 409),
        "The operation cannot be performed at this time. The function is currently in the "
        "following state: Failed",
    )


def test_a_hook_that_fails_after_the_restore(endpoint: LocalEndpoint) -> None:
    name = create(
        endpoint,
        "from snapshot_restore_py import register_after_restore\n"
        "@register_after_restore\ndef bad():\n    raise ValueError('not restored')\n" + ECHO,
    )
    assert publish(endpoint, name)["State"] == "Active"
    for _ in range(2):
        assert refused(endpoint.client().invoke, FunctionName=name, Qualifier="1") == (
            ("SnapStartException", 400),
            "The afterRestore() runtime hook encountered an error. For more information, check "
            "the Amazon CloudWatch logs.",
        )
    text = "".join(log(endpoint, name))
    assert "[ERROR] ValueError: not restored" in text
    assert re.search(
        r"^RESTORE_REPORT Restore Duration: [\d.]+ ms\tStatus: error\tError Type: \S+$", text, re.M
    )


def test_what_does_not_go_with_snapstart(endpoint: LocalEndpoint) -> None:
    client = endpoint.client()
    request: dict[str, Any] = {
        "FunctionName": "never",
        "Role": ROLE,
        "Handler": "index.handler",
        "Code": {"ZipFile": zipped({"index.py": ECHO})},
        "SnapStart": SNAP,
    }
    end = "is not supported for SnapStart enabled functions."
    for runtime in ("python3.11", "nodejs22.x", "provided.al2023"):
        assert refused(client.create_function, Runtime=runtime, **request) == (
            PARAMETER,
            f"{runtime} {end}",
        )
    name = create(endpoint)
    change = client.update_function_configuration
    assert refused(change, FunctionName=name, Runtime="nodejs22.x") == (
        PARAMETER,
        f"nodejs22.x {end}",
    )
    assert refused(change, FunctionName=name, EphemeralStorage={"Size": 513}) == (
        PARAMETER,
        f"Ephemeral storage greater than 512 MB {end}",
    )
    publish(endpoint, name)
    assert refused(
        client.put_provisioned_concurrency_config,
        FunctionName=name,
        Qualifier="1",
        ProvisionedConcurrentExecutions=1,
    ) == (PARAMETER, f"Provisioned Concurrency {end}")


def test_a_runtime_that_does_not_run_here_still_publishes(endpoint: LocalEndpoint) -> None:
    name = endpoint.create(ECHO, Runtime="java21", Handler="a.B::c", SnapStart=SNAP)
    assert publish(endpoint, name)["State"] == "Active"
    code, _ = refused(endpoint.client().invoke, FunctionName=name, Qualifier="1")
    assert code[0] == "InvalidRuntimeException"


def test_restored_again_after_a_restart_of_the_server(tmp_path: Path) -> None:
    with local_lambda(tmp_path) as first:
        name = create(first)
        publish(first, name)
    with local_lambda(tmp_path) as second:
        for _ in range(2):
            answer, _ = invoke(second, name)
            assert answer["done"][-2:] == ["after", "later"]


SHARED = (
    "import os, random, socket, threading\n"
    "listener = socket.create_server(('127.0.0.1', 0))\n"
    "there = socket.create_connection(listener.getsockname())\n"
    "file = open(__file__, 'rb')\n"
    "file.read(6)\n"
    "made = os.getpid()\n"
    "os.environ['MADE_BY_INIT'] = 'yes'\n"
    "def handler(event, context):\n"
    "    there.settimeout(5)\n"
    "    found = {'pid': os.getpid(), 'made': made, 'random': random.random(),\n"
    "             'connection': there.recv(1).decode(), 'read': file.read(4).decode(),\n"
    "             'variable': os.environ['MADE_BY_INIT'], 'secret': os.urandom(8).hex(),\n"
    "             'position': os.lseek(file.fileno(), 0, os.SEEK_CUR)}\n"
    "    os.lseek(file.fileno(), 0, os.SEEK_END)\n"
    "    if event.get('exit'):\n"
    "        os._exit(1)\n"
    "    return found\n"
)


def test_environments_share_the_past_and_nothing_else(endpoint: LocalEndpoint) -> None:
    name = create(endpoint, SHARED)
    assert publish(endpoint, name)["State"] == "Active"
    first, _ = invoke(endpoint, name)
    assert first["connection"] == ""
    assert first["variable"] == "yes"
    assert "Runtime exited" in invoke(endpoint, name, Payload=b'{"exit": true}')[0]["errorMessage"]
    second, text = invoke(endpoint, name)
    assert "RESTORE_START" in text
    assert second["made"] == first["made"]
    assert len({first["made"], first["pid"], second["pid"]}) == 3
    # Random numbers go on from the snapshot, as on AWS; those of the system are unique.
    assert second["random"] == first["random"]
    assert second["secret"] != first["secret"]
    assert (second["read"], second["position"]) == (first["read"], first["position"])


def environments(endpoint: LocalEndpoint, name: str) -> list[dict[str, Any]]:
    found = endpoint.call(endpoint.server._runtime.environments)
    return [environment for environment in found if environment["FunctionName"] == name]


def test_a_snapshot_is_no_environment_to_run_in_and_goes_with_its_version(
    endpoint: LocalEndpoint,
) -> None:
    client, name = endpoint.client(), create(endpoint)
    publish(endpoint, name)
    [snapshot] = environments(endpoint, name)
    assert (snapshot["State"], snapshot["InitializationType"]) == ("snapshot", "snap-start")
    answer, _ = invoke(endpoint, name)
    assert answer["init"] == snapshot["Pid"]
    assert sorted(found["State"] for found in environments(endpoint, name)) == [
        "ready",
        "snapshot",
    ]
    client.delete_function(FunctionName=name, Qualifier="1")
    limit = time.monotonic() + 30
    while environments(endpoint, name):
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_a_snapshot_whose_process_ends_is_made_again(endpoint: LocalEndpoint) -> None:
    name = create(endpoint)
    publish(endpoint, name)
    first, _ = invoke(endpoint, name)
    os.kill(first["init"], signal.SIGKILL)
    limit = time.monotonic() + 30
    while any(found["State"] == "snapshot" for found in environments(endpoint, name)):
        assert time.monotonic() < limit
        time.sleep(0.01)
    assert invoke(endpoint, name)[0]["pid"] == first["pid"]
    os.kill(first["pid"], signal.SIGKILL)
    while environments(endpoint, name):
        assert time.monotonic() < limit
        time.sleep(0.01)
    second, _ = invoke(endpoint, name)
    assert second["done"] == first["done"]
    while not any(found["State"] == "snapshot" for found in environments(endpoint, name)):
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", "threads are"),
        ("loop = asyncio.new_event_loop()", "an event loop is open"),
        ("pipe = os.pipe()", "a pipe is open"),
        ("child = subprocess.Popen(['sleep', '60'])", "processes that it started are running"),
    ],
)
def test_what_cannot_be_forked_initialises_anew(
    endpoint: LocalEndpoint, code: str, reason: str
) -> None:
    name = create(endpoint, f"import asyncio, os, subprocess, threading, time\n{code}\n{STATEFUL}")
    assert publish(endpoint, name)["State"] == "Active"
    answer, text = invoke(endpoint, name)
    assert answer["done"][-2:] == ["after", "later"]
    assert answer["pid"] == answer["init"]
    assert "RESTORE_START" in text
    assert "Restore Duration" in text
    notices = endpoint.server.broadcaster.notices
    assert any(reason in str(notice) and name in str(notice) for notice in notices)


KEEPS_FILES = (
    "import os\n"
    "from snapshot_restore_py import register_before_snapshot\n"
    "@register_before_snapshot\n"
    "def fetch():\n"
    "    os.makedirs('/tmp/model/deep')\n"
    "    with open('/tmp/model/deep/weights', 'w') as file:\n"
    "        file.write('fetched')\n"
    "    os.symlink('deep/weights', '/tmp/model/link')\n"
    "def handler(event, context):\n"
    "    with open('/tmp/model/link') as file:\n"
    "        found = [file.read(), sorted(os.listdir('/tmp'))]\n"
    "    with open('/tmp/mine', 'w') as file:\n"
    "        file.write('of this environment')\n"
    "    if event.get('exit'):\n"
    "        os._exit(1)\n"
    "    size = os.statvfs('/tmp')\n"
    "    return [*found, size.f_blocks * size.f_frsize >> 20]\n"
)


def test_each_environment_has_its_own_copy_of_the_files_in_tmp(endpoint: LocalEndpoint) -> None:
    name = create(endpoint, KEEPS_FILES)
    if endpoint.server._runtime.file_systems != "private":
        pytest.skip("environments have no file systems of their own here")
    assert publish(endpoint, name)["State"] == "Active"
    answer, text = invoke(endpoint, name, Payload=b'{"exit": true}')
    assert "Runtime exited" in answer["errorMessage"]
    for _ in range(2):
        answer, text = invoke(endpoint, name)
        assert answer[0] == "fetched"
        assert answer[2] == 512
    assert answer[1] == ["mine", "model"]
    assert invoke(endpoint, name, Payload=b'{"exit": true}')[0] != answer
    answer, text = invoke(endpoint, name)
    assert "RESTORE_START" in text
    assert answer[1] == ["model"]


def test_json_logs_tell_of_the_restore(endpoint: LocalEndpoint) -> None:
    name = create(endpoint, ECHO, LoggingConfig={"LogFormat": "JSON"})
    publish(endpoint, name)
    _, text = invoke(endpoint, name)
    told = [json.loads(line) for line in text.splitlines()]
    assert [event["type"].removeprefix("platform.") for event in told] == [
        "restoreStart", "restoreReport", "start", "report",
    ]  # fmt: skip
    start, restored, _, report = (event["record"] for event in told)
    assert list(start) == [
        "initializationType", "runtimeVersion", "runtimeVersionArn", "functionName",
        "functionVersion", "instanceId", "instanceMaxMemory",
    ]  # fmt: skip
    assert (start["initializationType"], restored["status"]) == ("snap-start", "success")
    metrics = report["metrics"]
    assert metrics["restoreDurationMs"] == restored["metrics"]["durationMs"]
    assert metrics["billedRestoreDurationMs"] <= metrics["billedDurationMs"]
    assert "initDurationMs" not in metrics
