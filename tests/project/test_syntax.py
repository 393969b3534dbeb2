"""Syntax checks of saved files, by the interpreter that runs them."""

import sys
from pathlib import Path

import pytest

from workbench.project.interpreters import node_for, python_for
from workbench.project.syntax import check

OWN = f"python3.{sys.version_info.minor}"
needs_node = pytest.mark.skipif(node_for("nodejs20.x") is None, reason="no Node.js here")


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("text", ["", "x = 1\n", "x = '\\d'\n", "def f():\n    return 1\n"])
def test_good_python(tmp_path: Path, text: str) -> None:
    assert check(put(tmp_path, "a.py", text), OWN) is None


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("x = 1\ny = = 2\n", 2, 5),
        ("def f():\nreturn\n", 2, 1),
        ("return 1\n", 1, 1),
        ("s = 'open\n", 1, 5),
        (b"s = '\xff'\n", 1, None),
    ],
)
def test_bad_python_has_its_place(
    tmp_path: Path, text: str | bytes, line: int, column: int | None
) -> None:
    path = put(tmp_path, "a.py", text)
    problem = check(path, OWN)
    assert problem is not None
    assert (problem.file, problem.line) == (path, line)
    assert problem.message.startswith("Syntax error: ")
    if column is not None:
        assert problem.column == column


def test_nul_bytes_are_a_problem_not_a_crash(tmp_path: Path) -> None:
    assert check(put(tmp_path, "a.py", b"x = 1\0"), OWN) is not None


def test_the_functions_own_python_has_the_last_word(tmp_path: Path) -> None:
    newer, older = python_for("python3.12"), python_for("python3.8")
    if newer is None or not newer.exact or older is None or not older.exact:
        pytest.skip("takes Python 3.8 and 3.12 on this machine")
    generic = put(tmp_path, "new.py", "def first[T](x: T) -> T: ...\n")
    assert check(generic, "python3.12") is None
    problem = check(generic, "python3.8")
    assert problem is not None
    assert problem.line == 1
    match = put(tmp_path, "match.py", "match 1:\n    case 1: pass\n")
    assert check(match, "python3.8") is not None
    assert check(match, "python3.12") is None


def test_other_files_and_runtimes_have_no_check(tmp_path: Path) -> None:
    assert check(put(tmp_path, "a.json", "{"), OWN) is None
    assert check(put(tmp_path, "a.py", "("), "provided.al2023") is None
    assert check(tmp_path / "gone.py", OWN) is None
    assert check(tmp_path / "gone.js", "nodejs20.x") is None


@needs_node
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.js", "exports.handler = async () => 1"),
        ("a.mjs", "export const handler = 1"),
        ("a.cjs", "exports.handler = 1"),
    ],
)
def test_good_node(tmp_path: Path, name: str, text: str) -> None:
    assert check(put(tmp_path, name, text), "nodejs20.x") is None


@needs_node
@pytest.mark.parametrize("name", ["a.js", "a.mjs"])
def test_bad_node_has_its_place(tmp_path: Path, name: str) -> None:
    problem = check(put(tmp_path, name, "const a = 1\nconst b = = 2\n"), "nodejs20.x")
    assert problem is not None
    assert (problem.line, problem.column) == (2, 11)
    assert problem.message == "Syntax error: Unexpected token '='"


@needs_node
def test_package_json_decides_what_a_js_file_is(tmp_path: Path) -> None:
    put(tmp_path, "package.json", '{"type": "module"}')
    path = put(tmp_path, "a.js", "export const handler = await 1\n")
    assert check(path, "nodejs20.x") is None
    put(tmp_path, "package.json", '{"type": "commonjs"}')
    assert check(path, "nodejs20.x") is not None
