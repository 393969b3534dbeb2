"""Which Python and Node.js on this machine run which runtime."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.project import interpreters, runtimes
from workbench.project.interpreters import node_for, python_for, reason_missing

_CACHED = [f for f in vars(interpreters).values() if hasattr(f, "cache_clear")]


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is the whole PATH and the home of a person with nothing installed."""
    for cached in _CACHED:
        cached.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("HOME", "USERPROFILE", "PYENV_ROOT", "NVM_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    yield tmp_path
    for cached in _CACHED:
        cached.cache_clear()


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_our_own_python_is_found_and_is_not_a_virtual_environment() -> None:
    own = python_for(f"python3.{sys.version_info.minor}")
    assert own is not None
    assert own.exact
    assert own.explanation == ""
    check = [
        own.path,
        "-c",
        "import sys; print(sys.prefix == sys.base_prefix, sys.version_info[1])",
    ]
    done = subprocess.run(check, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", str(sys.version_info.minor)]


def test_a_missing_python_is_stood_in_for(empty_machine: Path) -> None:
    minor = sys.version_info.minor
    older = python_for(f"python3.{minor - 1}")
    assert older is not None
    assert not older.exact
    assert older.explanation == (
        f"python3.{minor - 1} is not on this machine: runs on Python 3.{minor}"
    )
    newer = python_for(f"python3.{minor + 1}")
    assert newer is not None
    assert (newer.minor, newer.exact) == (f"3.{minor}", False)
    ancient = python_for("python3.6")
    assert ancient is not None
    assert ancient.explanation.startswith("the workbench runs Python 3.8 and newer")


def test_a_dead_shim_is_passed_over_and_a_pyenv_version_found(empty_machine: Path) -> None:
    missing = f"python3.{sys.version_info.minor + 1}"
    program(empty_machine / missing, "#!/bin/sh\nexit 127\n")
    found = python_for(missing)
    assert found is not None
    assert not found.exact


def test_each_program_is_started_once(empty_machine: Path) -> None:
    starts = empty_machine / "starts"
    program(empty_machine / "node", f"#!/bin/sh\necho x >> {starts}\necho v20.1.0\n")
    for _ in range(3):
        for major in (18, 20, 22):
            assert node_for(f"nodejs{major}.x") is not None
    assert starts.read_text() == "x\n"


def test_node_on_path_and_under_nvm(empty_machine: Path) -> None:
    on_path = program(empty_machine / "node", "#!/bin/sh\necho v20.1.0\n")
    nvm = [
        program(empty_machine / "home/versions/node" / version / "bin/node", "")
        for version in ("v22.2.0", "v22.11.0")
    ]
    twenty, twenty_two, eighteen = (node_for(f"nodejs{n}.x") for n in (20, 22, 18))
    assert twenty is not None and (twenty.path, twenty.exact) == (on_path, True)
    assert twenty_two is not None and (twenty_two.path, twenty_two.version) == (nvm[1], "22.11.0")
    assert eighteen is not None
    assert eighteen.explanation == "nodejs18.x is not on this machine: runs on Node.js 20"
    newest = node_for("nodejs24.x")
    assert newest is not None and newest.minor == "22.11"


def test_nothing_at_all_has_a_reason(empty_machine: Path) -> None:
    assert node_for("nodejs22.x") is None
    assert "needs Node.js, and none is on this machine" in reason_missing("nodejs22.x")
    assert python_for("java21") is None
    assert "neither a Python nor a Node.js" in reason_missing("java21")
    assert interpreters.default_node_runtime() == "nodejs22.x"


def test_runtimes_near_a_version() -> None:
    assert runtimes.nearest_node(23) == "nodejs22.x"
    assert runtimes.nearest_node(99) == "nodejs24.x"
    assert runtimes.nearest_python(12) == "python3.12"
    assert runtimes.nearest_python(40) == "python3.14"
