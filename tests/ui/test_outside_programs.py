"""The user's editor and pager, the aws command, and what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.ui import memory
from workbench.ui.memory import Draft, Memory
from workbench.ui.terminal.editor import NoProgram, editor_command, open_at, pager_command, run
from workbench.ui.terminal.programs import handler_file

FILE = Path("/code/app.py")


@pytest.mark.parametrize(
    ("editor", "expected"),
    [
        ("vim", ["vim", "+12", "/code/app.py"]),
        ("nano", ["nano", "+12", "/code/app.py"]),
        ("emacs", ["emacs", "+12", "/code/app.py"]),
        ("hx", ["hx", "/code/app.py:12"]),
        ("code", ["code", "--wait", "--goto", "/code/app.py:12"]),
        ("subl", ["subl", "--wait", "/code/app.py:12"]),
    ],
)
def test_each_editor_opens_at_the_line(editor: str, expected: list[str]) -> None:
    assert open_at([editor], FILE, 12, wait=True) == expected


def test_the_editor_may_have_options_and_visual_wins() -> None:
    assert editor_command({"EDITOR": "cat", "VISUAL": "env -i cat"}) == ["env", "-i", "cat"]


def test_without_an_editor_it_says_what_to_set() -> None:
    with pytest.raises(NoProgram, match="export EDITOR"):
        editor_command({})
    with pytest.raises(NoProgram, match="no such program"):
        editor_command({"EDITOR": "no-such-editor -x"})
    with pytest.raises(NoProgram, match="cannot be read"):
        editor_command({"EDITOR": "vim 'x"})
    with pytest.raises(NoProgram, match=r"\$PAGER"):
        pager_command({"PAGER": "no-such-pager"})


def test_a_program_that_fails_is_a_sentence() -> None:
    assert run(["false"]) == "false ended with exit status 1."
    assert run(["true"]) is None
    assert "could not be started" in str(run(["/no/such/program"]))


def test_the_memory_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "ui.json"
    kept = Memory(
        "Echo", "workbench-light", {"Echo": "live"}, {"Echo": Draft("a", "", "{}", (1, 2))}
    )
    written = memory.MemoryFile(file)
    written.put(kept)
    assert not written.is_written
    written.write()
    assert written.is_written
    assert memory.load(file) == kept


@pytest.mark.parametrize("text", ["", "[]", '{"drafts": 3}', "{", '{"drafts": {"a": {}}}'])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ui.json"
    file.write_text(text)
    assert memory.load(file) == Memory()


def test_the_handlers_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").touch()
    (tmp_path / "index.mjs").touch()
    assert handler_file(tmp_path, "src/app.handler") == tmp_path / "src" / "app.py"
    assert handler_file(tmp_path, "src.app.handler") == tmp_path / "src" / "app.py"
    assert handler_file(tmp_path, "index.handler") == tmp_path / "index.mjs"
    assert handler_file(tmp_path, "other.handler") is None
