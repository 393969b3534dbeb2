"""A real RabbitMQ broker for tests: Debian's packages, unpacked into a cache and run from there.

Nothing is installed on the machine and no service is started: `apt-get download` needs no root, and
the broker is a process of the test's own on loopback ports.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pika
import pytest
from endpoint_lab import ACCOUNT, REGION

from workbench.project.files import exclusive

ARN = f"arn:aws:mq:{REGION}:{ACCOUNT}:broker:lab:b-1"

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "workbench-tests"
_ERLANG = (
    "asn1", "base", "crypto", "eldap", "inets", "mnesia", "os-mon", "parsetools", "public-key",
    "runtime-tools", "ssl", "syntax-tools", "tools", "xmerl",
)  # fmt: skip
_PACKAGES = ("rabbitmq-server", *(f"erlang-{name}" for name in _ERLANG))
_SECONDS = 120
"""A broker needs some seconds of a processor to start, which others may be using."""


@dataclass(frozen=True)
class Broker:
    """A broker that starts or runs, with the user guest and the virtual host /."""

    port: int
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def url(self) -> str:
        return f"amqp://127.0.0.1:{self.port}"

    def wait(self) -> None:
        """Wait until the broker is up."""
        _wait_for(self.port, self.process, self.output)

    @contextlib.contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel of a connection of its own, once the broker is up."""
        self.wait()
        with contextlib.closing(
            pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", self.port))
        ) as connection:
            yield connection.channel()


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """Start a broker that keeps its files in `folder`; skips the test where none can be had."""
    root = _unpacked() / "usr" / "lib"
    (home,) = (root / "rabbitmq" / "lib").glob("rabbitmq_server-*")
    (programs,) = (root / "erlang").glob("erts-*/bin")
    port, distribution, mapper = _free_ports(3)
    (folder / "plugins").write_text("[].\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),  # of Erlang's cookie
        "ROOTDIR": str(root / "erlang"),
        "BINDIR": str(programs),
        "EMU": "beam",
        "PROGNAME": "erl",
        "ERL_EPMD_PORT": str(mapper),
        "ERL_LIBS": str(home / "plugins"),
        "RABBITMQ_HOME": str(home),
        "RABBITMQ_NODENAME": f"lab{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(folder / "db"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
    }
    rabbit = next((home / "plugins").glob("rabbit-*/ebin"))
    commands = (
        [programs / "epmd", "-address", "127.0.0.1"],
        [programs / "erlexec", "-noinput", "-pa", rabbit, "-s", "rabbit", "boot",
         "-boot", "start_sasl", "+B", "i", "+sbwt", "none", "+S", "1:1",
         "-kernel", "inet_dist_use_interface", "{127,0,0,1}"],
    )  # fmt: skip
    output = (folder / "output").open("wb")
    with output, contextlib.ExitStack() as running:
        for command in commands:
            process = subprocess.Popen(
                list(map(str, command)), cwd=folder, env=environment, stdout=output, stderr=output
            )
            running.callback(_end, process)
        yield Broker(port, process, folder / "output")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None and time.monotonic() < deadline, output.read_text()
        time.sleep(0.02)


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _unpacked() -> Path:
    """The folder with the packages' files."""
    root = _CACHE / "rabbitmq"
    if not root.exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            pytest.skip("RabbitMQ comes from Debian's packages, and there is no apt-get")
        with exclusive(_CACHE / "rabbitmq.lock", 60):
            if not root.exists():
                _unpack(root)
    return root


def _unpack(root: Path) -> None:
    building = root.with_suffix(".new")
    shutil.rmtree(building, ignore_errors=True)
    packages = building / "packages"
    packages.mkdir(parents=True)
    got = subprocess.run(
        ["apt-get", "download", *_PACKAGES], cwd=packages, capture_output=True, text=True
    )
    if got.returncode != 0:
        pytest.skip(f"RabbitMQ's packages cannot be downloaded: {got.stderr.strip()[-200:]}")
    for package in packages.iterdir():
        subprocess.run(["dpkg-deb", "-x", package, building], check=True)
    shutil.rmtree(packages)
    building.rename(root)
