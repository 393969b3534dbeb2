"""A project whose function is a container image, served as a process: run, rebuilt, left behind."""

from __future__ import annotations

import base64
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from container_lab import make_image, require_tool, tool
from serve_lab import served

TEMPLATE = """Resources:
  Boxed:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      ImageUri: {image}
      ImageConfig: {{Command: [its.own]}}
      Timeout: 20
Transform: AWS::Serverless-2016-10-31
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_tool()
    name = make_image(tmp_path_factory.mktemp("image"))
    yield name
    tool("rmi", "--force", name)


def _containers(image: str) -> list[str]:
    return tool("ps", "--all", "--quiet", f"--filter=ancestor={image}").split()


def _none_left(image: str) -> bool:
    until = time.monotonic() + 30
    while _containers(image) and time.monotonic() < until:
        time.sleep(0.1)
    return not _containers(image)


def test_a_project_with_an_image(tmp_path: Path, image: str) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE.format(image=image))
    with served(tmp_path) as server:
        found = server.client().get_function(FunctionName="Boxed")
        digest = tool("image", "inspect", "--format", "{{.Id}}", image).rpartition(":")[2]
        assert found["Code"]["ResolvedImageUri"] == f"{image.partition(':')[0]}@sha256:{digest}"
        assert found["Configuration"]["CodeSha256"] == digest
        assert "Runtime" not in found["Configuration"]
        answer = server.client().invoke(FunctionName="Boxed", Payload=b'"about"', LogType="Tail")
        assert b'"its.own"' in answer["Payload"].read()
        assert b'a line about "about"' in base64.b64decode(answer["LogResult"])
        published = server.client().publish_version(FunctionName="Boxed")
        assert (published["Version"], published["CodeSha256"]) == ("1", digest)
        assert len(_containers(image)) == 1
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
    assert not _containers(image)


def test_containers_of_a_killed_server_are_removed(tmp_path: Path, image: str) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE.format(image=image))
    with served(tmp_path) as server:
        server.client().invoke(FunctionName="Boxed", Payload=b"1")
        assert _containers(image)
        server.process.kill()
        server.process.wait(20)
    with served(tmp_path) as server:  # if nobody has done it by now, this one did
        assert _none_left(image)
        assert server.client().invoke(FunctionName="Boxed", Payload=b"2")["Payload"].read() == b"2"
        server.process.terminate()
        server.process.wait(20)
    assert not _containers(image)
