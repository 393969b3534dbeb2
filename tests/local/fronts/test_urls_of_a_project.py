"""`workbench serve` in a project whose template gives a function a URL."""

from __future__ import annotations

from pathlib import Path

from serve_lab import served
from url_lab import fetch

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Site:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.11
      FunctionUrlConfig: {AuthType: NONE}
"""


SITE = "  Site answers at "


def test_the_url_is_told_and_stays(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "src").mkdir()
    source = tmp_path / "src" / "app.py"
    source.write_text("def handler(event, context): return 'one'\n")
    with served(tmp_path, says=SITE) as server:
        url = server.url
        assert fetch(url).body == b"one"
        source.write_text("def handler(event, context): return 'two'\n")
        assert fetch(url).body == b"two"
        server.process.kill()
    with served(tmp_path, says=SITE) as server:
        assert server.url == url and fetch(url).body == b"two"
