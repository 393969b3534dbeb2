"""Finding and starting the local Lambda, with a small real server standing in for it."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.project import server_process
from workbench.project.server_process import ServerError, ServerInfo, announce, ensure, running
from workbench.project.state_dir import StateDir

# Run as `sys.executable -m workbench serve ROOT --port 0 --linger 60 …`; notes its arguments.
STAND_IN = """\
#!{python}
import http.server, json, os, sys
sys.path.insert(0, {source!r})
from pathlib import Path
from workbench.project.server_process import ServerInfo, announce
assert sys.argv[1:4] == ["-m", "workbench", "serve"], sys.argv
options = dict(zip(sys.argv[5::2], sys.argv[6::2]))
with open({starts!r}, "a") as starts:
    starts.write(json.dumps(sys.argv[1:]) + "\\n")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = self.path == "/_workbench/status" and (
            "/workbench/aws4_request" in self.headers.get("Authorization", ""))
        body = json.dumps({{"Pid": os.getpid()}}).encode()
        self.send_response(200 if good else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
announce(Path(sys.argv[4]), ServerInfo(
    os.getpid(), "http://127.0.0.1:%d" % server.server_port,
    options.get("--account", "123456789012"), options.get("--region", "us-east-1"), "0", 1.5))
server.serve_forever()
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project, with the stand-in where Python would be; ends every server started for it."""
    root = tmp_path / "project"
    root.mkdir()
    _stand_in(
        tmp_path,
        monkeypatch,
        STAND_IN.format(
            python=sys.executable,
            source=str(Path(server_process.__file__).parents[2]),
            starts=str(tmp_path / "starts"),
        ),
    )
    before = list(server_process._started)
    yield root
    for process in server_process._started:
        if process not in before:
            process.kill()
            process.wait()


def _stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    script = tmp_path / "stand-in"
    script.write_text(program)
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))


def test_nothing_runs_in_a_fresh_project_and_asking_leaves_no_trace(root: Path) -> None:
    assert running(root) is None
    assert list(root.iterdir()) == []


def test_ensure_starts_a_server_and_then_finds_it(root: Path) -> None:
    info = ensure(root)
    assert running(root) == info
    assert ensure(root) == info
    assert (root.parent / "starts").read_text().count("\n") == 1
    assert info.url.startswith("http://127.0.0.1:")
    assert info.started == 1.5


def test_account_and_region_are_passed_on_and_must_match_later(root: Path) -> None:
    info = ensure(root, account="000000000001", region="eu-north-1")
    assert (info.account, info.region) == ("000000000001", "eu-north-1")
    arguments = json.loads((root.parent / "starts").read_text())
    assert arguments[4:] == [
        *("--port", "0", "--linger", "60"),
        *("--account", "000000000001", "--region", "eu-north-1"),
    ]
    with pytest.raises(ServerError, match="already runs with region eu-north-1, not us-west-2"):
        ensure(root, region="us-west-2")


def test_many_callers_at_once_start_one_server(root: Path) -> None:
    found: list[ServerInfo] = []
    threads = [threading.Thread(target=lambda: found.append(ensure(root))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len({info.pid for info in found}) == 1
    assert (root.parent / "starts").read_text().count("\n") == 1


def test_a_dead_server_is_replaced(root: Path) -> None:
    first = ensure(root)
    process = next(p for p in server_process._started if p.pid == first.pid)
    os.kill(first.pid, signal.SIGKILL)
    process.wait()
    assert running(root) is None
    assert ensure(root).pid != first.pid


def test_a_stale_file_that_names_another_server_is_not_believed(root: Path) -> None:
    other = ensure(root)
    announce(root, ServerInfo(os.getpid(), other.url, "1", "r", "0", 0.0))
    assert running(root) is None


def test_withdraw_removes_only_its_own_announcement(root: Path) -> None:
    announce(root, ServerInfo(11, "http://127.0.0.1:1", "1", "r", "0", 0.0))
    server_process.withdraw(root, 12)
    assert StateDir(root).server_json.exists()
    server_process.withdraw(root, 11)
    assert not StateDir(root).server_json.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Pid": "x"}', "null"])
def test_a_broken_file_means_no_server(root: Path, text: str) -> None:
    StateDir(root).server_json.write_text(text)
    assert running(root) is None


def test_a_server_that_dies_is_told_with_its_last_lines(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(tmp_path, monkeypatch, "#!/bin/sh\necho first\necho 'no port' >&2\nexit 3\n")
    with pytest.raises(ServerError, match=r"(?s)exit status 3 while starting.*first\nno port"):
        ensure(root)


def test_a_server_that_hangs_is_ended(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(tmp_path, monkeypatch, "#!/bin/sh\necho waiting\nexec sleep 60\n")
    with pytest.raises(ServerError, match=r"(?s)did not get ready in time.*waiting"):
        ensure(root, timeout=0.3)
    assert server_process._started[-1].poll() is not None
