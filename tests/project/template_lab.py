"""What the tests of templates share: a template's text, and what is found in it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from workbench.project.discover import discover
from workbench.project.records import FunctionSource, Project

HEAD = """\
Transform: AWS::Serverless-2016-10-31
Resources:
"""
GOOD = """\
  Good:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Handler: app.handler, Runtime: python3.12}
"""


def load(root: Path, text: str, name: str = "template.yaml") -> Project:
    """What is found in `root` with `text` as its template."""
    (root / name).write_text(dedent(text))
    return discover(root)


def only(found: Project) -> FunctionSource:
    """The one function that was found."""
    assert len(found.functions) == 1, found
    return found.functions[0]


def messages(found: Project) -> list[str]:
    """The problems, each as `line:column message`."""
    return [f"{p.line}:{p.column} {p.message}" for p in found.problems]
