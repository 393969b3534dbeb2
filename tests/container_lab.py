"""A small image that speaks the Runtime API, made without a network. Tests that need it are skipped
with the reason where no Docker or Podman answers."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import uuid
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "speaks_runtime_api.c"


def tool(*arguments: str, content: bytes | None = None) -> str:
    """What `docker` or `podman` prints."""
    name = "docker" if shutil.which("docker") else "podman"
    done = subprocess.run([name, *arguments], input=content, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def require_tool() -> None:
    """Skip the test where no containers can be run."""
    name = next(filter(shutil.which, ("docker", "podman")), None)
    if name is None:
        pytest.skip("neither Docker nor Podman is installed")
    asked = subprocess.run([name, "info"], capture_output=True, timeout=60)
    if asked.returncode:
        lines = asked.stderr.decode().strip().splitlines() or ["it fails"]
        pytest.skip(f"{name} has no daemon that answers: {lines[-1]}")
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed, which makes the program in the image")


def make_image(folder: Path) -> str:
    """The name of a new image with nothing but the program in it, at /fn."""
    program = folder / "fn"
    command = ["gcc", "-static", "-O1", "-D_GNU_SOURCE", "-o", str(program), str(SOURCE)]
    subprocess.run(command, check=True, timeout=60)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(program, "fn")
        for name, mode in (("tmp", 0o1777), ("app", 0o755)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
    name = f"workbench-test-{uuid.uuid4().hex[:12]}:latest"
    changes = ('--change=ENTRYPOINT ["/fn"]', '--change=CMD ["app.handler"]')
    tool("import", *changes, "-", name, content=archive.getvalue())
    return name
