"""Third-party packages, really installed: tiny local ones, so no network is needed."""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from workbench.project.dependencies import DependencyError, DependencySet, install, needed
from workbench.project.interpreters import node_for
from workbench.project.records import FunctionSource
from workbench.project.state_dir import StateDir

RUNTIME = f"python3.{sys.version_info.minor}"
needs_npm = pytest.mark.skipif(
    node_for("nodejs20.x") is None or shutil.which("npm") is None, reason="no npm here"
)


def function(root: Path, runtime: str = RUNTIME, handler: str = "app.handler") -> FunctionSource:
    code = root / "code"
    code.mkdir(exist_ok=True)
    return FunctionSource("Hello", runtime, handler, code, root / "template.yaml")


def wheel(folder: Path, version: str = "1.0") -> Path:
    """A wheel with one module, `tiny`, whose VERSION tells which it is."""
    folder.mkdir(exist_ok=True)
    path = folder / f"tiny-{version}-py3-none-any.whl"
    info = f"tiny-{version}.dist-info"
    files = {
        "tiny.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{name},sha256={digest.decode().rstrip('=')},{len(text)}\n"
        archive.writestr(f"{info}/RECORD", record)
    return path


def required(found: DependencySet | None) -> DependencySet:
    assert found is not None
    return found


def test_nothing_is_needed_without_a_file_or_with_an_empty_one(tmp_path: Path) -> None:
    source, state = function(tmp_path), StateDir(tmp_path)
    assert needed(source, state) is None
    (source.code / "requirements.txt").write_text("# nothing\n\n--index-url https://example.com\n")
    assert needed(source, state) is None
    (source.code / "package.json").write_text('{"name": "x"}')
    assert needed(function(tmp_path, "nodejs20.x"), state) is None
    assert needed(function(tmp_path, "provided.al2023"), state) is None


def test_python_packages_are_installed_once_and_again_when_they_change(tmp_path: Path) -> None:
    source, state = function(tmp_path), StateDir(tmp_path)
    requirements = source.code / "requirements.txt"
    requirements.write_text(f"{wheel(tmp_path / 'wheels')}  # ours\n")
    first = required(needed(source, state))
    assert not first.ready
    assert first.folder.parent == state.dependencies
    heard: list[tuple[str, float | None]] = []
    install(first, lambda text, share: heard.append((text, share)))
    assert first.ready
    assert (first.folder / "tiny.py").read_text() == "VERSION = '1.0'\n"
    assert heard[-1] == ("Installed", 1.0)
    assert all(share is None or 0 <= share <= 1 for _, share in heard)
    assert required(needed(source, state)) == first
    requirements.write_text(f"{wheel(tmp_path / 'wheels', '2.0')}\n")
    second = required(needed(source, state))
    assert second.folder != first.folder
    install(second, lambda *_: None)
    assert "2.0" in (second.folder / "tiny.py").read_text()
    assert first.ready
    names = {path.name for path in state.dependencies.iterdir() if path.is_dir()}
    assert names == {first.folder.name, second.folder.name}


def test_relative_paths_includes_and_local_folders(tmp_path: Path) -> None:
    source, state = function(tmp_path), StateDir(tmp_path)
    wheel(tmp_path / "wheels")
    (source.code / "requirements.txt").write_text("-r ../more.txt\n")
    (tmp_path / "more.txt").write_text("../wheels/tiny-1.0-py3-none-any.whl\n")
    one = required(needed(source, state))
    install(one, lambda *_: None)
    assert (one.folder / "tiny.py").exists()
    (tmp_path / "more.txt").write_text("../wheels/tiny-1.0-py3-none-any.whl ; python_version>'3'\n")
    assert required(needed(source, state)).folder != one.folder


def test_a_file_beside_the_handler_in_a_folder_counts(tmp_path: Path) -> None:
    source = function(tmp_path, handler="pkg.app.handler")
    (source.code / "pkg").mkdir()
    (source.code / "pkg" / "requirements.txt").write_text("tiny\n")
    found = required(needed(source, StateDir(tmp_path)))
    assert found.declared_in == source.code / "pkg" / "requirements.txt"


def test_the_interpreters_version_makes_another_set(tmp_path: Path) -> None:
    source, state = function(tmp_path), StateDir(tmp_path)
    (source.code / "requirements.txt").write_text("tiny\n")
    one = required(needed(source, state))
    for minor in range(8, 15):
        other = needed(function(tmp_path, f"python3.{minor}"), state)
        assert other is not None
        same = other.interpreter.minor == one.interpreter.minor
        assert (other.folder == one.folder) is same


def test_a_failure_has_the_tools_words_and_leaves_nothing(tmp_path: Path) -> None:
    source, state = function(tmp_path), StateDir(tmp_path)
    (source.code / "requirements.txt").write_text("./not-there-1.0-py3-none-any.whl\n")
    wanted = required(needed(source, state))
    with pytest.raises(DependencyError, match=r"(?s)could not install .*not-there"):
        install(wanted, lambda *_: None)
    assert not wanted.ready
    assert [path for path in state.dependencies.iterdir() if path.is_dir()] == []


def test_many_at_once_install_one(tmp_path: Path) -> None:
    source, state = function(tmp_path), StateDir(tmp_path)
    (source.code / "requirements.txt").write_text(f"{wheel(tmp_path / 'wheels')}\n")
    wanted = required(needed(source, state))
    began: list[str] = []

    def heard(text: str, share: float | None) -> None:
        if text.startswith("Installing requirements.txt"):
            began.append(text)

    threads = [threading.Thread(target=install, args=(wanted, heard)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wanted.ready
    assert len(began) == 1


def test_a_broken_package_json_is_an_error_in_words(tmp_path: Path) -> None:
    source = function(tmp_path, "nodejs20.x")
    (source.code / "package.json").write_text("{")
    with pytest.raises(DependencyError, match=r"Cannot read .*package\.json"):
        needed(source, StateDir(tmp_path))


@needs_npm
def test_node_packages_from_a_local_folder(tmp_path: Path) -> None:
    source, state = function(tmp_path, "nodejs20.x"), StateDir(tmp_path)
    tiny = tmp_path / "tiny"
    tiny.mkdir()
    (tiny / "package.json").write_text('{"name": "tiny", "version": "1.0.0"}')
    (tiny / "index.js").write_text("module.exports = 'tiny 1'\n")
    package = {
        "name": "mine",
        "dependencies": {"tiny": "file:../tiny"},
        "devDependencies": {"never-installed": "file:../gone"},
        "scripts": {"postinstall": "touch ran"},
    }
    (source.code / "package.json").write_text(json.dumps(package))
    wanted = required(needed(source, state))
    install(wanted, lambda *_: None)
    assert (wanted.folder / "node_modules" / "tiny" / "index.js").is_file()
    assert not (wanted.folder / "node_modules" / "tiny").is_symlink()
    assert not list(tmp_path.rglob("ran"))
    program = ["node", "-e", "console.log(require('tiny'))"]
    done = subprocess.run(program, cwd=wanted.folder, capture_output=True, text=True, check=True)
    assert done.stdout == "tiny 1\n"
    assert required(needed(source, state)).ready
    (tiny / "index.js").write_text("module.exports = 'tiny two'\n")
    assert not required(needed(source, state)).ready
    (source.code / "node_modules").mkdir()
    assert needed(source, state) is None


@needs_npm
def test_a_lock_file_is_followed_to_the_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_offline", "true")
    source, state = function(tmp_path, "nodejs20.x"), StateDir(tmp_path)
    tarball = tmp_path / "tiny-1.2.3.tgz"
    (tmp_path / "package.json").write_text('{"name": "tiny", "version": "1.2.3"}')
    with tarfile.open(tarball, "w:gz") as archive:
        archive.add(tmp_path / "package.json", "package/package.json")
    package = {
        "name": "mine",
        "version": "1.0.0",
        "dependencies": {"tiny": "^1.0.0"},
        "devDependencies": {"absent": "^1.0.0"},
    }
    (source.code / "package.json").write_text(json.dumps(package))
    unlocked = required(needed(source, state))
    absent = {"version": "1.0.0", "resolved": "file:/nowhere.tgz", "dev": True}
    locked = {
        "": package,
        "node_modules/tiny": {"version": "1.2.3", "resolved": f"file:{tarball}"},
        "node_modules/absent": absent,
    }
    lock = {"name": "mine", "version": "1.0.0", "lockfileVersion": 3, "packages": locked}
    (source.code / "package-lock.json").write_text(json.dumps(lock))
    wanted = required(needed(source, state))
    assert wanted.folder != unlocked.folder
    install(wanted, lambda *_: None)
    installed = {path.name for path in (wanted.folder / "node_modules").iterdir()}
    assert installed - {".package-lock.json"} == {"tiny"}


def test_a_local_python_package_is_installed_again_when_it_changes(tmp_path: Path) -> None:
    source, state = function(tmp_path), StateDir(tmp_path)
    package = tmp_path / "tiny"
    package.mkdir()
    (package / "tiny.py").write_text("VERSION = 1\n")
    (source.code / "requirements.txt").write_text("../tiny[extra]\n")
    before = required(needed(source, state)).folder
    (package / "build").mkdir()
    (package / "build" / "tiny.py").write_text("built\n")
    assert required(needed(source, state)).folder == before
    (package / "tiny.py").write_text("VERSION = 22\n")
    assert required(needed(source, state)).folder != before
