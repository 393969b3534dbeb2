"""Functions whose code is a folder: reloaded, published, reconfigured, gone with the project."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint, zipped
from sources_lab import until

from workbench.local.store.records import Link


def linked(endpoint: LocalEndpoint) -> Any:
    return endpoint.server._endpoint.linked


def answer(endpoint: LocalEndpoint, name: str, **named: Any) -> Any:
    return json.loads(endpoint.client().invoke(FunctionName=name, **named)["Payload"].read())


def write(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(
        f"import os\ndef handler(event, context): return [{text!r}, os.environ.get('A')]\n"
    )


def link(folder: Path, **changed: Any) -> Link:
    return replace(
        Link(folder.name, folder, "python3.11", "app.handler", environment={"A": "1"}), **changed
    )


def test_saving_publishing_and_unlinking(endpoint: LocalEndpoint, tmp_path: Path) -> None:
    client, folder = endpoint.client(), tmp_path / "hot"
    write(folder, "one")
    endpoint.call(linked(endpoint).link, link(folder))
    assert answer(endpoint, "hot") == ["one", "1"]  # active at once
    before = client.get_function_configuration(FunctionName="hot")
    assert before["State"] == "Active" and len(before["CodeSha256"]) == 44

    client.publish_version(FunctionName="hot")
    endpoint.settle("hot", "1")
    write(folder, "two!")
    endpoint.call(linked(endpoint).code_changed, "hot")
    assert answer(endpoint, "hot") == ["two!", "1"]
    assert answer(endpoint, "hot", Qualifier="1") == ["one", "1"]
    after = client.get_function_configuration(FunctionName="hot")
    assert after["CodeSha256"] != before["CodeSha256"]
    assert client.publish_version(FunctionName="hot")["Version"] == "2"
    assert client.publish_version(FunctionName="hot")["CodeSha256"] == after["CodeSha256"]

    endpoint.call(linked(endpoint).unlink, "hot")
    endpoint.settle("hot")
    assert answer(endpoint, "hot") == ["two!", "1"]  # the last published version
    assert list(endpoint.call(linked(endpoint).linked)) == []


def test_an_invocation_right_after_a_save_runs_the_new_code_once_started(
    endpoint: LocalEndpoint, tmp_path: Path
) -> None:
    """Nobody has told of the change yet: the invocation sees it by itself, and the news that
    comes later does not start the function again."""
    folder = tmp_path / "hot"
    folder.mkdir()
    source = folder / "app.py"
    code = "import os\ndef handler(event, context): return [%r, os.getpid()]\n"
    source.write_text(code % "one")
    endpoint.call(linked(endpoint).link, link(folder))
    assert answer(endpoint, "hot")[0] == "one"
    source.write_text(code % "two")
    said, process = answer(endpoint, "hot")
    assert said == "two"
    endpoint.call(linked(endpoint).code_changed, "hot", [source])
    assert answer(endpoint, "hot") == ["two", process]
    endpoint.call(linked(endpoint).code_changed, "hot", [source, folder / "other.py"])
    assert answer(endpoint, "hot")[1] != process


def test_a_change_by_the_api_lasts_until_the_template_changes(
    endpoint: LocalEndpoint, tmp_path: Path
) -> None:
    client, folder = endpoint.client(), tmp_path / "hot"
    write(folder, "x")
    endpoint.call(linked(endpoint).link, link(folder))
    client.update_function_configuration(
        FunctionName="hot", Environment={"Variables": {"AB": "2"}}, Timeout=9
    )
    endpoint.settle("hot")
    assert answer(endpoint, "hot") == ["x", None]
    endpoint.call(linked(endpoint).link, link(folder))
    assert client.get_function_configuration(FunctionName="hot")["Timeout"] == 9
    endpoint.call(linked(endpoint).link, link(folder, memory_size=256))
    found = client.get_function_configuration(FunctionName="hot")
    assert (found["Timeout"], found["MemorySize"]) == (3, 256)


def test_code_cannot_be_uploaded_over_a_folder(endpoint: LocalEndpoint, tmp_path: Path) -> None:
    folder = tmp_path / "hot"
    write(folder, "x")
    endpoint.call(linked(endpoint).link, link(folder))
    with pytest.raises(ClientError) as refused:
        endpoint.client().update_function_code(
            FunctionName="hot", ZipFile=zipped({"app.py": "x = 1"})
        )
    error = refused.value.response["Error"]
    assert error["Code"] == "ResourceConflictException" and str(folder) in error["Message"]


def test_pending_until_its_dependencies_are_there(endpoint: LocalEndpoint, tmp_path: Path) -> None:
    folder = tmp_path / "hot"
    write(folder, "x")
    endpoint.call(linked(endpoint).link, link(folder), pending="Installing its dependencies.")
    found = endpoint.client().get_function_configuration(FunctionName="hot")
    assert (found["State"], found["StateReason"]) == ("Pending", "Installing its dependencies.")
    with pytest.raises(ClientError):
        answer(endpoint, "hot")
    endpoint.call(linked(endpoint).link, link(folder))
    assert answer(endpoint, "hot") == ["x", "1"]


def test_layers_of_the_project_and_of_the_api(endpoint: LocalEndpoint, tmp_path: Path) -> None:
    client, folder, layer = endpoint.client(), tmp_path / "layered", tmp_path / "layer"
    folder.mkdir()
    (folder / "app.py").write_text(
        "def handler(event, context):\n    import words\n    return words.W"
    )
    words = layer / "python" / "words.py"
    words.parent.mkdir(parents=True)
    words.write_text("W = 'old'")
    endpoint.call(linked(endpoint).link, link(folder, layers=(layer,)))
    assert answer(endpoint, "layered") == "old"
    client.publish_version(FunctionName="layered")
    endpoint.settle("layered", "1")
    words.write_text("W = 'changed'")
    endpoint.call(linked(endpoint).code_changed, "layered")
    assert answer(endpoint, "layered") == "changed"
    assert answer(endpoint, "layered", Qualifier="1") == "old"
    assert client.publish_version(FunctionName="layered")["Version"] == "2"
    endpoint.settle("layered", "2")
    assert client.publish_version(FunctionName="layered")["Version"] == "2"

    published = client.publish_layer_version(
        LayerName="words", Content={"ZipFile": zipped({"python/words.py": "W = 'published'"})}
    )
    client.update_function_configuration(
        FunctionName="layered", Layers=[published["LayerVersionArn"]]
    )
    endpoint.settle("layered")
    assert answer(endpoint, "layered") == "published"
    # The same declaration leaves it alone, another one counts again.
    endpoint.call(linked(endpoint).link, link(folder, layers=(layer,)))
    assert answer(endpoint, "layered") == "published"
    endpoint.call(linked(endpoint).link, link(folder, layers=(layer,), timeout=9))
    assert answer(endpoint, "layered") == "changed"


def test_a_reload_leaves_the_environments_of_published_versions(
    endpoint: LocalEndpoint, tmp_path: Path
) -> None:
    folder = tmp_path / "hot"
    folder.mkdir()
    (folder / "app.py").write_text("import os\ndef handler(event, context): return os.getpid()\n")
    endpoint.call(linked(endpoint).link, link(folder))
    endpoint.client().publish_version(FunctionName="hot")
    endpoint.settle("hot", "1")
    latest, published = answer(endpoint, "hot"), answer(endpoint, "hot", Qualifier="1")
    assert latest != published
    endpoint.call(linked(endpoint).code_changed, "hot")
    assert answer(endpoint, "hot") != latest
    assert answer(endpoint, "hot", Qualifier="1") == published


def test_what_is_declared_for_events_is_set_and_unset(
    endpoint: LocalEndpoint, tmp_path: Path
) -> None:
    client, folder = endpoint.client(), tmp_path / "hot"
    write(folder, "one")
    queue = "arn:aws:sqs:us-east-1:123456789012:jobs"
    config = {"MaximumRetryAttempts": 1, "DestinationConfig": {"OnFailure": {"Destination": queue}}}
    declared = link(folder, dead_letter_arn=queue, event_invoke_config=config)
    endpoint.call(linked(endpoint).link, declared)
    function = client.get_function_configuration(FunctionName="hot")
    assert function["DeadLetterConfig"] == {"TargetArn": queue}
    got = client.get_function_event_invoke_config(FunctionName="hot")
    assert got["MaximumRetryAttempts"] == 1
    assert got["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": queue}}
    client.put_function_event_invoke_config(FunctionName="hot", MaximumRetryAttempts=0)
    endpoint.call(linked(endpoint).link, declared)  # it lasts until the declaration changes
    got = client.get_function_event_invoke_config(FunctionName="hot")
    assert got["MaximumRetryAttempts"] == 0
    endpoint.call(linked(endpoint).link, link(folder))
    assert "DeadLetterConfig" not in client.get_function_configuration(FunctionName="hot")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_event_invoke_config(FunctionName="hot")


def test_tracing_and_logging_are_as_declared(endpoint: LocalEndpoint, tmp_path: Path) -> None:
    folder = tmp_path / "code"
    write(folder, "one")
    logging = {"LogFormat": "JSON", "LogGroup": f"/shop/{tmp_path.name}"}
    declared = link(folder, active_tracing=True, logging=logging)
    endpoint.call(linked(endpoint).link, declared)
    client = endpoint.client()
    configuration = client.get_function_configuration(FunctionName=declared.name)
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    assert configuration["LoggingConfig"] == {**logging, **levels}
    before = configuration["RevisionId"]
    endpoint.call(linked(endpoint).link, declared)
    assert client.get_function_configuration(FunctionName=declared.name)["RevisionId"] == before
    client.invoke(FunctionName=declared.name, LogType="Tail")
    logs = endpoint.client("logs")
    [stream] = logs.describe_log_streams(logGroupName=logging["LogGroup"])["logStreams"]
    assert f"/{declared.name}[$LATEST]" in stream["logStreamName"]
    events = logs.filter_log_events(logGroupName=logging["LogGroup"])["events"]
    assert events[-1]["message"].startswith('{"time":')


def test_concurrency_and_the_alias_are_as_declared(endpoint: LocalEndpoint, tmp_path: Path) -> None:
    client, folder = endpoint.client(), tmp_path / f"hot-{tmp_path.name}"
    write(folder, "one")
    name = folder.name

    def reserved() -> int | None:
        found: int | None = client.get_function_concurrency(FunctionName=name).get(
            "ReservedConcurrentExecutions"
        )
        return found

    declared = link(folder, reserved_concurrency=3, alias="live", provisioned_concurrency=2)
    endpoint.call(linked(endpoint).link, declared)
    assert reserved() == 3
    assert client.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "$LATEST"
    where = {"FunctionName": name, "Qualifier": "live"}
    ready = until(
        lambda: (
            config
            if (config := client.get_provisioned_concurrency_config(**where))["Status"] == "READY"
            else None
        )
    )
    assert ready["AvailableProvisionedConcurrentExecutions"] == 2
    write(folder, "two")
    endpoint.call(linked(endpoint).code_changed, name)
    assert answer(endpoint, name, Qualifier="live") == ["two", "1"]

    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    endpoint.call(linked(endpoint).link, declared)  # it lasts until the declaration changes
    assert reserved() == 5
    endpoint.call(linked(endpoint).link, link(folder, reserved_concurrency=0))
    assert reserved() == 0
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=name)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_alias(FunctionName=name, Name="live")
    endpoint.call(linked(endpoint).link, link(folder))
    assert reserved() is None
    endpoint.call(linked(endpoint).link, link(folder, reserved_concurrency=1_000_000))
    assert reserved() is None  # a notice says why
