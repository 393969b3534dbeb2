"""Functions from container images in the API: whether there is a Docker or not."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from api_lab import PARAMETER, answer, refused
from endpoint_lab import ROLE, LocalEndpoint, zipped

# Stands for the program `docker`: two images are here, and none can be pulled.
BUILT, PUSHED = "a" * 64, "b" * 64
DOCKER = f"""#!/bin/sh
case "$*" in
"image inspect"*" built:1")
  echo '{{"Id":"sha256:{BUILT}","RepoDigests":[],"Config":{{"Entrypoint":["/e"],"Cmd":null}}}}' ;;
"image inspect"*" r.example:5000/team/pushed:1")
  echo '{{"Id":"sha256:{BUILT}","RepoDigests":["other@sha256:{BUILT}",
"r.example:5000/team/pushed@sha256:{PUSHED}"]}}' | tr -d '\\n' ;;
version*) echo 28.0 ;;
*) echo "Error response from daemon: No such image: $5" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


def create(endpoint: LocalEndpoint, uri: str = "built:1", **more: Any) -> dict[str, Any]:
    response: dict[str, Any] = endpoint.client().create_function(
        **{
            "FunctionName": f"fn-{uuid.uuid4().hex[:12]}",
            "PackageType": "Image",
            "Role": ROLE,
            "Code": {"ImageUri": uri},
            **more,
        }
    )
    return response


def test_the_configuration_has_what_aws_has_and_nothing_of_a_zip(
    shared_endpoint: LocalEndpoint, docker: None
) -> None:
    created = answer(create(shared_endpoint, Environment={"Variables": {"CUSTOM": "b"}}))
    name = created["FunctionName"]
    assert set(created) == {
        "Architectures", "CodeSha256", "CodeSize", "Description", "Environment",
        "EphemeralStorage", "FunctionArn", "FunctionName", "LastModified", "LoggingConfig",
        "MemorySize", "PackageType", "RevisionId", "Role", "SnapStart", "State", "StateReason",
        "StateReasonCode", "Timeout", "TracingConfig", "Version",
    }  # fmt: skip
    assert (created["State"], created["PackageType"]) == ("Pending", "Image")
    assert (created["CodeSha256"], created["CodeSize"]) == (BUILT, 0)
    shared_endpoint.settle(name)
    assert shared_endpoint.client().get_function(FunctionName=name)["Code"] == {
        "RepositoryType": "ECR",
        "ImageUri": "built:1",
        "ResolvedImageUri": f"built@sha256:{BUILT}",
    }


def test_the_digest_is_that_of_the_repository_the_image_is_named_by(
    shared_endpoint: LocalEndpoint, docker: None
) -> None:
    created = create(shared_endpoint, "r.example:5000/team/pushed:1")
    assert created["CodeSha256"] == PUSHED
    found = shared_endpoint.client().get_function(FunctionName=created["FunctionName"])
    assert found["Code"]["ResolvedImageUri"] == f"r.example:5000/team/pushed@sha256:{PUSHED}"


def test_an_image_that_nobody_has(shared_endpoint: LocalEndpoint, docker: None) -> None:
    missing = (
        PARAMETER,
        "Source image nobody/has:1 does not exist. Provide a valid source image.",
    )
    assert refused(create, endpoint=shared_endpoint, uri="nobody/has:1") == missing
    name = create(shared_endpoint)["FunctionName"]
    shared_endpoint.settle(name)
    update = shared_endpoint.client().update_function_code
    assert refused(update, FunctionName=name, ImageUri="nobody/has:1") == missing


@pytest.mark.parametrize("uri", ["--privileged", "a b", "A/B/c", "x:", "x@sha256:1", "x/", "x\ny"])
def test_what_is_no_name_of_an_image(shared_endpoint: LocalEndpoint, uri: str) -> None:
    assert refused(create, endpoint=shared_endpoint, uri=uri) == (
        PARAMETER,
        f"Source image {uri} is not valid. Provide a valid source image.",
    )


def test_image_config_is_kept_replaced_and_removed(
    shared_endpoint: LocalEndpoint, docker: None
) -> None:
    client = shared_endpoint.client()
    asked = {"EntryPoint": ["sh"], "Command": ["-c", "echo"], "WorkingDirectory": "/app"}
    created = create(shared_endpoint, ImageConfig=asked)
    assert created["ImageConfigResponse"] == {"ImageConfig": asked}
    name = created["FunctionName"]
    shared_endpoint.settle(name)
    other = {"Command": ["-c", "date"], "WorkingDirectory": "/app"}
    updated = client.update_function_configuration(FunctionName=name, ImageConfig=other)
    assert updated["ImageConfigResponse"] == {"ImageConfig": other}
    shared_endpoint.settle(name)
    updated = client.update_function_configuration(FunctionName=name, ImageConfig={})
    assert "ImageConfigResponse" not in updated
    assert "ImageConfigResponse" not in shared_endpoint.settle(name)


def test_versions(shared_endpoint: LocalEndpoint, docker: None) -> None:
    client = shared_endpoint.client()
    created = create(shared_endpoint, Publish=True)
    name = created["FunctionName"]
    assert created["Version"] == "1"
    shared_endpoint.settle(name)
    assert client.publish_version(FunctionName=name)["Version"] == "1"
    client.update_function_code(FunctionName=name, ImageUri="r.example:5000/team/pushed:1")
    shared_endpoint.settle(name)
    second = client.publish_version(FunctionName=name, CodeSha256=PUSHED)
    assert (second["Version"], second["CodeSha256"]) == ("2", PUSHED)
    codes = [client.get_function(FunctionName=name, Qualifier=n)["Code"] for n in ("1", "2")]
    assert [code["ImageUri"] for code in codes] == ["built:1", "r.example:5000/team/pushed:1"]


def test_a_package_type_stays_what_it_is(shared_endpoint: LocalEndpoint, docker: None) -> None:
    client = shared_endpoint.client()
    name = create(shared_endpoint)["FunctionName"]
    shared_endpoint.settle(name)
    code = zipped({"index.py": ""})
    message = "Please provide ImageUri when updating a function with packageType Image."
    update = client.update_function_code
    assert refused(update, FunctionName=name, ZipFile=code) == (PARAMETER, message)
    message = (
        "Please don't provide Handler or Runtime or Layer when the intended function PackageType "
        "is Image."
    )
    configure = client.update_function_configuration
    assert refused(configure, FunctionName=name, Handler="a.b") == (PARAMETER, message)
    assert refused(create, endpoint=shared_endpoint, Runtime="python3.12") == (PARAMETER, message)
    message = "Please provide ImageUri when creating a function with packageType Image."
    assert refused(create, endpoint=shared_endpoint, Code={"ZipFile": code}) == (PARAMETER, message)


def test_without_docker_all_works_but_invoking(
    shared_endpoint: LocalEndpoint, no_docker: None
) -> None:
    client = shared_endpoint.client()
    digest = "c" * 64
    created = create(shared_endpoint, f"x@sha256:{digest}")
    assert created["CodeSha256"] == digest
    name = create(shared_endpoint)["FunctionName"]
    made_up = shared_endpoint.settle(name)["CodeSha256"]
    assert len(made_up) == 64
    client.update_function_code(FunctionName=name, ImageUri="built:1")
    assert shared_endpoint.settle(name)["CodeSha256"] == made_up
    assert refused(client.invoke, FunctionName=name) == (
        ("InvalidRuntimeException", 400),
        f"{name} is a container image (built:1), which needs Docker or Podman: install one of "
        "them and start it.",
    )
