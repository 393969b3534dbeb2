"""The local Lambda's process as screens and commands see it: find it, or start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.project.files import exclusive, write_atomically
from workbench.project.state_dir import StateDir

_STATUS = "/_workbench/status"
# The local Lambda reads the service from the credential scope and verifies no signature.
_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=workbench/20000101/local/workbench/aws4_request, "
    "SignedHeaders=host, Signature=none"
)
_LINGER_S = 60
_POLL_S = 0.015
_LOG_LINES = 8

# Servers this process started: kept so that one that ends is reaped, and not left a zombie.
_started: list[subprocess.Popen[bytes]] = []


class ServerError(Exception):
    """The local Lambda cannot be started or used. The message is for a person."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Where a project's local Lambda answers. `started` is epoch seconds."""

    pid: int
    url: str
    account: str
    region: str
    version: str
    started: float


def announce(root: Path, info: ServerInfo) -> None:
    """Write `.workbench/server.json`: called by the local Lambda once it accepts requests."""
    document = {
        "Pid": info.pid,
        "Url": info.url,
        "Account": info.account,
        "Region": info.region,
        "Version": info.version,
        "Started": info.started,
    }
    write_atomically(StateDir(root).server_json, json.dumps(document, indent=2) + "\n")


def withdraw(root: Path, pid: int) -> None:
    """Remove `.workbench/server.json` if it is still the one of process `pid`."""
    info = _announced(root)
    if info is not None and info.pid == pid:
        StateDir(root).server_json.unlink(missing_ok=True)


def running(root: Path, timeout: float = 2.0) -> ServerInfo | None:
    """The project's local Lambda if one is alive and answers within `timeout` seconds."""
    _started[:] = [process for process in _started if process.poll() is None]
    info = _announced(root)
    if info is None or not _is_alive(info.pid):
        return None
    status = _status(info.url, timeout)
    # A stale server.json may name a port that another project's server has by now.
    return info if status is not None and status.get("Pid") == info.pid else None


def ensure(
    root: Path,
    *,
    account: str | None = None,
    region: str | None = None,
    timeout: float = 10.0,
) -> ServerInfo:
    """The project's local Lambda, started in the background when none runs.

    It outlives this process and stops by itself a minute after its last client. Several callers
    at once get the same one. Raises ServerError when it does not come up within `timeout`
    seconds, or when one with another `account` or `region` is running already.
    """
    info = running(root)
    if info is None:
        deadline = time.monotonic() + timeout
        try:
            with exclusive(StateDir(root).server_lock, timeout):
                info = running(root) or _start(root, account, region, deadline)
        except TimeoutError:
            raise ServerError(
                f"Another program has been starting the local Lambda of {root} for "
                f"{timeout:.0f} s without success: see {StateDir(root).server_log}."
            ) from None
        except OSError as error:
            raise ServerError(f"Cannot start the local Lambda of {root}: {error}.") from error
    for word, asked, has in (("account", account, info.account), ("region", region, info.region)):
        if asked is not None and asked != has:
            raise ServerError(
                f"The local Lambda of {root} already runs with {word} {has}, not {asked}: "
                f"leave out the {word}, or stop it first (process {info.pid})."
            )
    return info


def _start(root: Path, account: str | None, region: str | None, deadline: float) -> ServerInfo:
    state = StateDir(root)
    command = [sys.executable, "-m", "workbench", "serve", str(state.root)]
    command += ["--port", "0", "--linger", str(_LINGER_S)]
    if account is not None:
        command += ["--account", account]
    if region is not None:
        command += ["--region", region]
    state.server_json.unlink(missing_ok=True)
    with state.server_log.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # `-m` puts the working folder first on sys.path: there, a user's own queue.py or
            # workbench/ would be imported instead of ours.
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
    _started.append(process)
    while True:
        if process.poll() is not None:
            raise ServerError(_ended(process.returncode, state.server_log))
        announced = _announced(root)
        if announced is not None:
            status = _status(announced.url, timeout=1.0)
            if status is not None and status.get("Pid") == announced.pid:
                return announced
        if time.monotonic() >= deadline:
            _stop(process)
            raise ServerError(
                f"The local Lambda of {root} did not get ready in time."
                + _last_lines(state.server_log)
            )
        time.sleep(_POLL_S)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ended(code: int, log: Path) -> str:
    how = f"with exit status {code}" if code >= 0 else f"by signal {-code}"
    return f"The local Lambda ended {how} while starting." + _last_lines(log)


def _last_lines(log: Path) -> str:
    with log.open(encoding="utf-8", errors="replace") as file:
        lines = deque((line.rstrip() for line in file if line.strip()), _LOG_LINES)
    return " It said:\n" + "\n".join(lines) if lines else f" It said nothing ({log} is empty)."


def _announced(root: Path) -> ServerInfo | None:
    state = StateDir(root)
    if not state.exists:
        return None
    try:
        document = json.loads(state.server_json.read_bytes())
        return ServerInfo(
            pid=int(document["Pid"]),
            url=str(document["Url"]),
            account=str(document["Account"]),
            region=str(document["Region"]),
            version=str(document["Version"]),
            started=float(document["Started"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        # Missing, or written by another version: there is no server we can use.
        return None


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # os.kill would end the process there; the request below tells.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _status(url: str, timeout: float) -> Mapping[str, object] | None:
    # Late: http.client costs 15 ms of start-up.
    import http.client
    from urllib.parse import urlsplit

    address = urlsplit(url)
    if address.hostname is None:
        return None
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
    try:
        connection.request("GET", _STATUS, headers={"Authorization": _AUTHORIZATION})
        response = connection.getresponse()
        body = response.read()
        document = json.loads(body) if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return document if isinstance(document, dict) else None
