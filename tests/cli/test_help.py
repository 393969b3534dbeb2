"""Every command has help, and it costs next to nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_shell import environment, run_anew

from workbench.cli.main import COMMANDS, parser_of


@pytest.mark.parametrize(
    "command", ["", *COMMANDS, "events list", "events show", "events generate"]
)
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    result = run_anew(*command.split(), "--help", cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout.startswith(f"usage: workbench {command}".rstrip())
    assert len(result.stdout.splitlines()) > 3
    for line in result.stdout.splitlines():
        if line.startswith("  --"):
            assert line.split()[-1], line


def test_help_lists_every_command(tmp_path: Path) -> None:
    text = run_anew("--help", cwd=tmp_path).stdout
    for command, what in COMMANDS.items():
        assert f"  {command:<12}{what}" in text


def test_the_readme_names_every_command_and_none_of_its_options_is_made_up() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text()
    lines = re.findall(r"(?:^|[`|/] ?)workbench ([a-z]+)\b([^`|#\n]*)", text, re.MULTILINE)
    assert {name for name, _ in lines} == set(COMMANDS)
    for name, rest in lines:
        if not rest.startswith(" generate"):  # its options are the sample's own
            known = parser_of(name).format_help()
            assert all(option in known for option in re.findall(r"--[a-z-]+", rest)), (name, rest)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom workbench.cli.main import parser_of, COMMANDS, run\n"
        "for name in COMMANDS: parser_of(name)\n"
        "heavy = {'boto3', 'botocore', 'textual', 'yaml', 'asyncio', 'watchfiles', 'sqlite3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"


def test_version(tmp_path: Path) -> None:
    from workbench import __version__

    assert run_anew("--version", cwd=tmp_path).stdout == f"workbench {__version__}\n"
