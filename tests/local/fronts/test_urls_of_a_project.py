"""`workbench serve` in a project whose template gives a function a URL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def served(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server's process, and the URL it says the function answers at."""
    command = [sys.executable, "-m", "workbench", "serve", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = "  Site answers at "
            url = next(
                line[len(said) :].strip() for line in process.stdout if line.startswith(said)
            )
            yield process, url
        finally:
            process.terminate()
            process.wait(20)


def test_the_url_is_told_and_stays(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "src").mkdir()
    source = tmp_path / "src" / "app.py"
    source.write_text("def handler(event, context): return 'one'\n")
    with served(tmp_path) as (process, url):
        assert fetch(url).body == b"one"
        source.write_text("def handler(event, context): return 'two'\n")
        assert fetch(url).body == b"two"
        os.kill(process.pid, signal.SIGKILL)
    with served(tmp_path) as (_, again):
        assert again == url and fetch(url).body == b"two"
