"""The programs we are measured against: fetched once into a cache folder, started on demand.

The folder is `~/.cache/lambda-workbench-bench`, or what `LAMBDA_WORKBENCH_BENCH_CACHE` names.
Delete it to fetch anew.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.processes import Server, free_port

PYTHON_RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


class PeerUnavailable(Exception):
    """A peer couldn't be had. The text says which, why, and what to do."""


def cache() -> Path:
    """The folder the peers live in."""
    default = Path.home() / ".cache" / "lambda-workbench-bench"
    folder = Path(os.environ.get("LAMBDA_WORKBENCH_BENCH_CACHE", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _fetch(peer: str, command: Sequence[str | Path], cwd: Path) -> None:
    print(f"fetching {peer} into {cwd} …", file=sys.stderr)
    try:
        done = subprocess.run(
            [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise PeerUnavailable(f"{peer}: needs {command[0]}, which isn't on this machine.") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise PeerUnavailable(f"{peer}: {command[0]} failed: {' '.join(last)}")


def _virtual_environment(name: str, *packages: str) -> Path:
    """The folder of the programs of a virtual environment of that name with the packages."""
    folder = cache() / name
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _fetch("a virtual environment", [sys.executable, "-m", "venv", folder], cache())
        _fetch(" and ".join(packages), [folder / "bin" / "pip", "install", "-q", *packages], folder)
        (folder / "complete").touch()
    return folder / "bin"


def runtime_python() -> Path:
    """A Python with awslambdaric and boto3, as AWS's images have, and nothing else."""
    return _virtual_environment("awslambdaric", "awslambdaric", "boto3") / "python"


def emulator() -> Path:
    """AWS's runtime interface emulator, out of the SAM CLI's wheel."""
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise PeerUnavailable("aws-lambda-rie: runs on Linux, x86_64 or aarch64, only.")
    binary = cache() / f"aws-lambda-rie-{machine}"
    if not binary.exists():
        wheels = cache() / "wheels"
        wheels.mkdir(exist_ok=True)
        _fetch(
            "aws-sam-cli",
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "aws-sam-cli"],
            wheels,
        )
        wheel = max(wheels.glob("aws_sam_cli-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            partial = binary.with_suffix(".partial")
            partial.write_bytes(archive.read(f"samcli/local/rapid/{binary.name}"))
        partial.chmod(0o755)
        partial.rename(binary)
    return binary


def start_emulator(function: Path, scratch: Path) -> tuple[Server, int]:
    """The emulator with awslambdaric for `app.handler` in `function`: the server and its port.

    It starts the runtime with the first invoke.
    """
    port, runtime_port = free_port(), free_port()
    server = Server(
        [
            *(emulator(), "--log-level", "error"),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
            *(runtime_python(), "-m", "awslambdaric", "app.handler"),
        ],
        cwd=function,
        log=scratch / "emulator.log",
    )
    server.wait_for_port(port)
    return server, port


SERVERLESS_PROJECT = """\
service: bench
frameworkVersion: "3"
provider: {{name: aws, runtime: {runtime}, stage: dev, region: us-east-1}}
functions:
  trivial: {{handler: app.handler}}
plugins: [serverless-offline]
custom:
  serverless-offline: {{host: 127.0.0.1, httpPort: {http}, lambdaPort: {lambda_}}}
"""


def start_serverless_offline(function: Path, scratch: Path) -> tuple[Server, int, str]:
    """serverless-offline 13 with `app.handler`: the server, its Lambda port, the function's name.

    serverless 3 looks for its plugins in the project, so the project links to the installed ones.
    """
    installed = cache() / "serverless"
    if not (installed / "complete").exists():
        installed.mkdir(exist_ok=True)
        (installed / "package.json").write_text('{"private": true}')
        packages = ("serverless@3", "serverless-offline@13")
        options = ("--no-audit", "--no-fund", "--silent")
        _fetch("serverless-offline", ["npm", "install", *options, *packages], installed)
        (installed / "complete").touch()
    project = scratch / "serverless"
    shutil.copytree(function, project)
    (project / "node_modules").symlink_to(installed / "node_modules")
    http, lambda_ = free_port(), free_port()
    settings = SERVERLESS_PROJECT.format(runtime=PYTHON_RUNTIME, http=http, lambda_=lambda_)
    (project / "serverless.yml").write_text(settings)
    server = Server(
        [project / "node_modules" / ".bin" / "serverless", "offline", "--noPrependStageInUrl"],
        cwd=project,
        log=scratch / "serverless.log",
        environment={
            "PATH": f"{runtime_python().parent}{os.pathsep}{os.environ['PATH']}",
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
    )
    server.wait_for_port(lambda_, 60)
    return server, lambda_, "bench-dev-trivial"


def start_ministack(scratch: Path) -> tuple[Server, str]:
    """MiniStack on 127.0.0.1: the server and its endpoint URL."""
    port = free_port()
    programs = _virtual_environment("ministack", "ministack")
    server = Server(
        [programs / "ministack"],
        cwd=scratch,
        log=scratch / "ministack.log",
        environment={
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "SERVICES": "lambda,logs,iam,sts,apigateway",
            "LOG_LEVEL": "WARNING",
            "PATH": f"{runtime_python().parent}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(scratch),
        },
    )
    server.wait_for_port(port, 60)
    return server, f"http://127.0.0.1:{port}"
