"""The two command lines of the README: they stand once, and CI runs one of them."""

from __future__ import annotations

import re
from pathlib import Path

COMMAND = re.compile(r"python3 -m venv \.venv && [^`|\n]*")


def command_lines(document: Path) -> list[str]:
    """The command lines of a document that begin with a new virtual environment."""
    return [line.strip() for line in COMMAND.findall(document.read_text())]


def test_the_readme_has_one_line_to_open_and_one_to_test(repository: Path) -> None:
    lines = command_lines(repository / "README.md")
    assert len(lines) == 2
    assert lines[0].endswith(".venv/bin/workbench demo")
    assert ".venv/bin/python -m pytest" in lines[1]


def test_contributing_says_the_same(repository: Path) -> None:
    readme = command_lines(repository / "README.md")
    assert set(command_lines(repository / "CONTRIBUTING.md")) <= set(readme)


def test_ci_takes_the_test_command_from_the_readme(repository: Path) -> None:
    pattern = re.search(r"grep -E '([^']+)' README\.md", (repository / ".ci" / "run").read_text())
    assert pattern
    lines = (repository / "README.md").read_text().splitlines()
    taken = [line.strip() for line in lines if re.search(pattern[1], line)]
    assert taken == command_lines(repository / "README.md")[1:]
