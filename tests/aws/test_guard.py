"""The guard of an AWS target: what it lets pass, and what the log tells of secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.aws.errors import LambdaError
from workbench.aws.guard import Guard, is_reading
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import Target
from workbench.project import audit_log


@pytest.mark.parametrize(
    ("operation", "reading"),
    [
        ("GetFunction", True),
        ("ListFunctions", True),
        ("StartLiveTail", True),
        ("GetMetricData", True),
        ("UpdateFunctionCode", False),
        ("ReceiveMessage", False),
        ("StartMessageMoveTask", False),
        ("Invoke", False),
    ],
)
def test_what_only_reads(operation: str, reading: bool) -> None:
    assert is_reading(operation, {}) is reading
    assert is_reading("Invoke", {"InvocationType": "DryRun"})


def guarded(local: Target, log: Path) -> Target:
    guard = Guard(
        "arn:aws:iam::123456789012:user/alice",
        log,
        account="123456789012",
        region="us-east-1",
        is_production=lambda name: "Fail" in name,
    )
    return Target(local.kind, local.region, local.account, endpoint_url=local.endpoint_url,
                  guard=guard)  # fmt: skip


def test_a_change_needs_a_permit_and_is_logged_without_its_secrets(
    local: Target, tmp_path: Path
) -> None:
    log = tmp_path / "audit.log"
    target = guarded(local, log)
    client = LambdaClient(target)
    assert target.guard is not None
    with pytest.raises(LambdaError, match="PublishVersion was not sent"):
        client.publish_version("Echo")
    with pytest.raises(LambdaError, match="Invoke was not sent"):
        client.invoke("Fail", b"{}")
    assert not log.exists()
    client.invoke("Fail", b"{}", invocation_type="DryRun")
    client.invoke("Echo", b'{"password": "hunter2"}')
    with target.guard.permit():
        client.invoke("Fail", b"{}")
        with pytest.raises(LambdaError):
            client.update_alias("Echo", "nope", version="1")
    with pytest.raises(LambdaError, match="read-only"):
        client.publish_version("Echo")
    found = [(entry["operation"], entry["result"]) for entry in audit_log.entries(log)]
    assert found[:2] == [
        ("lambda:Invoke", "ok"),
        ("lambda:Invoke", "ok, the function failed (Unhandled)"),
    ]
    operation, result = found[2]
    assert operation == "lambda:UpdateAlias" and result.startswith("ResourceNotFoundException")
    assert "hunter2" not in log.read_text()


def test_nothing_is_sent_that_cannot_be_logged(local: Target, tmp_path: Path) -> None:
    client = LambdaClient(guarded(local, tmp_path / "missing" / "audit.log"))
    with pytest.raises(LambdaError, match="the audit log cannot be written"):
        client.invoke("Echo", b"{}")
