"""Packages as npm has them, and programs of Node.js that use them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from endpoint_lab import REGION, Endpoint


def install(folder: Path, *packages: str) -> Path:
    """`folder`, with these packages installed; skips the test where that cannot be done."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node.js and npm are not installed")
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", *packages],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=80,
    )
    if done.returncode:
        pytest.skip(f"npm cannot fetch {', '.join(packages)}: {done.stderr.strip()[-200:]}")
    return folder


def run(endpoint: Endpoint, script: Path, folder: Path, *arguments: str | Path) -> Any:
    """What a program prints as JSON that runs in `folder` with `endpoint` as its AWS."""
    program = folder / script.name
    shutil.copy(script, program)
    done = subprocess.run(
        ["node", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint.url,
        },
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
