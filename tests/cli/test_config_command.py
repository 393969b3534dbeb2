"""`workbench config`: print, check, path."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from cli_shell import run


def test_path_check_and_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "lambda-workbench" / "config.toml"
    assert run("config", "path", cwd=tmp_path).stdout == f"{file}\n"
    file.parent.mkdir()
    file.write_text('theme = "x"\n[keys]\n"screen.zoom" = "f20"\n[[production]]\nprofile = "p*"\n')
    checked = run("config", "check", cwd=tmp_path)
    assert checked.returncode == 1
    assert f"{file}:1: theme: there is no theme “x”: use one of" in checked.stderr
    broker = '"arn:aws:mq:us-east-1:123456789012:broker:orders:b-1" = "amqp://127.0.0.1:5672"'
    said = file.read_text().replace('"x"', '"high-contrast"')
    file.write_text(f"{said}[brokers]\n{broker}\n")
    assert run("config", "check", cwd=tmp_path).returncode == 0
    printed = run("config", "print", cwd=tmp_path).stdout
    assert tomllib.loads(printed) == {
        "theme": "high-contrast",
        "keys": {"screen.zoom": "f20"},
        "production": [{"profile": "p*"}],
        **tomllib.loads(f"[brokers]\n{broker}"),
    }
    assert '# "logs.wrap" = "w"  # Wrap long lines' in printed
