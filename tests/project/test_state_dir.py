"""The state folder: made on first use, kept out of commits."""

import os
from pathlib import Path

import pytest

from workbench.project.state_dir import StateDir, StateDirError


def test_nothing_is_made_before_a_path_is_asked_for(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    assert not state.exists
    assert list(tmp_path.iterdir()) == []


def test_first_use_makes_the_folder_and_its_gitignore(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    assert state.history_db == tmp_path.resolve() / ".workbench" / "history.db"
    assert state.exists
    assert (tmp_path / ".workbench" / ".gitignore").read_text() == "*\n"


def test_an_existing_gitignore_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / ".workbench"
    folder.mkdir()
    (folder / ".gitignore").write_text("mine\n")
    assert StateDir(tmp_path).path == folder
    assert (folder / ".gitignore").read_text() == "mine\n"


def test_a_file_in_the_way_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / ".workbench").write_text("")
    with pytest.raises(StateDirError, match=r"Cannot keep state in .*\.workbench"):
        _ = StateDir(tmp_path).code


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_read_only_project_is_an_error_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateDirError, match="writable"):
        _ = StateDir(tmp_path).code
