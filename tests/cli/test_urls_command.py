"""`workbench urls`, and routes from the command line of `workbench serve`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from cli_shell import PYTHON, environment, on_terminal, run
from serve_lab import served

TEMPLATE = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: {PYTHON}
      FunctionUrlConfig: {{AuthType: NONE}}
      Events: {{E: {{Type: Api, Properties: {{Path: "/a/{{id}}", Method: get}}}}}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A project that is served with a route, and what the server said of it."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context): return 'hi'\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    routes = ("--route", "GET /hello=Shop", "--route", "$default=Shop")
    says = "  routes answers at "
    with served(tmp_path, *routes, says=says, environment=environment()) as server:
        yield tmp_path, server.url


def test_a_line_for_each_route(shop: tuple[Path, str]) -> None:
    root, url = shop
    with urlopen(f"{url}hello") as reply:
        assert reply.read() == b"hi"
    fronts = {front["Kind"]: front for front in json.loads(run("urls", cwd=root).stdout)}
    assert fronts.keys() == {"FunctionUrl", "HttpApi", "RestApi"}
    heading, *lines = on_terminal("urls", cwd=root).splitlines()
    assert heading.split() == ["METHOD", "URL", "FUNCTION", "OF"]
    rest, own = (str(fronts[kind]["Url"]) for kind in ("RestApi", "FunctionUrl"))
    assert sorted(line.split() for line in lines) == sorted(
        [
            ["GET", rest + "a/{id}", "Shop", "RestApi", "ServerlessRestApi"],
            ["GET", url + "hello", "Shop", "HttpApi", "routes"],
            ["ANY", url, "Shop", "HttpApi", "routes"],
            ["ANY", own, "Shop", "FunctionUrl", "Shop"],
        ]
    )


def test_mistakes(tmp_path: Path) -> None:
    wrong = run("serve", "--route", "hello=Shop", cwd=tmp_path)
    assert wrong.returncode == 2 and "hello=Shop is no route: write it like" in wrong.stderr
    aws = run("urls", "--target", "aws", "--region", "eu-west-1", cwd=tmp_path)
    assert aws.returncode == 2 and "leave out --target aws" in aws.stderr
