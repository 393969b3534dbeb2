"""Updating code on AWS: what will change, that it becomes active, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_lab import PROFILE, AwsLab
from endpoint_lab import zipped

from workbench.aws.code import update as code_update
from workbench.aws.errors import LambdaError
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.targets import aws_target
from workbench.project.packaging import of_archive

BEFORE = "def handler(event, context):\n    return 'before'\n"
AFTER = BEFORE.replace("before", "after")


def test_update_and_back(lab: AwsLab, tmp_path: Path) -> None:
    lab.create("Greet", {"app.py": BEFORE, "old.txt": "x"})
    client, kept = LambdaClient(aws_target(PROFILE)), tmp_path / "previous"
    said: list[str] = []
    assert code_update.previous(client, "Greet", kept) is None
    package = of_archive(zipped({"app.py": AFTER}))
    wanted = code_update.plan(client, "Greet", package)
    assert [(each.kind, each.path) for each in wanted.changes] == [
        ("changed", "app.py"),
        ("removed", "old.txt"),
    ]
    lab.deny("UpdateFunctionCode")
    with pytest.raises(LambdaError, match="not authorized"):
        code_update.update(client, wanted, kept, said.append)
    assert code_update.previous(client, "Greet", kept) is None
    lab.denied.clear()
    function = code_update.update(client, wanted, kept, said.append)
    assert (function.last_update_status, function.code_sha256) == ("Successful", package.sha256)
    assert said[0].startswith("Uploading") and "last update" in said[-1]
    assert client.invoke("Greet", b"{}").payload == b'"after"'
    with pytest.raises(LambdaError, match="Revision Id"):  # the plan is of another time
        code_update.update(client, wanted, kept, said.append)

    before = code_update.previous(client, "Greet", kept)
    assert before is not None and before.replaced == package.sha256
    back = code_update.plan(client, "Greet", code_update.previous_package(before))
    assert back.count("added") == 1 and back.count("changed") == 1
    code_update.update(client, back, kept, said.append)
    assert client.invoke("Greet", b"{}").payload == b'"before"'
    again = code_update.previous(client, "Greet", kept)
    assert again is not None and again.replaced != package.sha256
