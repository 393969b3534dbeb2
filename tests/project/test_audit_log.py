"""The audit log: lines are added, damaged ones are passed over."""

from __future__ import annotations

from pathlib import Path

from workbench.project import audit_log


def test_entries_are_added_and_read_in_order(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    assert list(audit_log.entries(log)) == []
    audit_log.append(log, {"operation": "lambda:Invoke", "result": "ok"})
    with log.open("a") as file:
        file.write('{"operation": "lam\n[1]\n')
    parameters = {"FunctionName": "Echo", "Weights": {"2": 0.1}}
    audit_log.append(log, {"operation": "lambda:UpdateAlias", "parameters": parameters})
    found = list(audit_log.entries(log))
    assert [entry["operation"] for entry in found] == ["lambda:Invoke", "lambda:UpdateAlias"]
    assert 'FunctionName=Echo  Weights={"2": 0.1}' in audit_log.in_words(found[1])
    assert log.stat().st_mode & 0o077 == 0
