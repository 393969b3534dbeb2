"""Layers with extensions written for the tests, and what those were told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from runtime_lab import Lab

ECHO = "def handler(event, context): return event"
API = "/2020-01-01/extension/"
SOURCES = Path(__file__).parent / "extensions"


def layer(folder: Path, *names: str, source: str = "recorder.py") -> Path:
    """A layer with copies of an extension written for these tests, under these names."""
    extensions = folder / "extensions"
    extensions.mkdir(parents=True, exist_ok=True)
    python = str(Path(sys.executable).resolve())  # not the link in a folder that may be in /tmp
    text = (SOURCES / source).read_text().replace("/usr/bin/python3", python)
    for name in names:
        (extensions / name).write_text(text)
        (extensions / name).chmod(0o755)
    return folder


class Told:
    """What the extension in recorder.py wrote into its file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> list[dict[str, Any]]:
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return [json.loads(line) for line in lines]

    def of(self, kind: str) -> list[Any]:
        return [entry[kind] for entry in self.read() if kind in entry]

    def telemetry(self) -> list[dict[str, Any]]:
        return [event for batch in self.of("telemetry") for event in batch]


def recording(
    lab: Lab, told: Told, text: str = "def handler(event, context): return event", **more: Any
) -> Any:
    """A function whose layer has the recording extension."""
    settings = {"TOLD": str(told.file), **more.pop("environment", {})}
    folder = layer(lab.root.parent / "layer", *more.pop("names", ["recorder"]))
    return lab.python(text, layers=(folder,), environment=settings, **more)


class Call:
    """A request to the Extensions API in memory, and what was answered."""

    def __init__(self, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        self.method, self.path, self._body = method, API + path, body
        self.headers = {f"lambda-extension-{k.replace('_', '-')}": v for k, v in headers.items()}
        self.status = 0
        self.answer = b""
        self.head = ""

    def body(self) -> bytes:
        return self._body

    def reply(
        self, status: int, body: bytes, content_type: str = "", more_headers: str = ""
    ) -> None:
        self.status, self.answer, self.head = status, body, more_headers

    def refuse(self, status: int, error_type: str, message: str) -> None:
        self.reply(status, f"{error_type}: {message}".encode())

    def accept(self) -> None:
        self.status = 202

    def send(self, data: bytes) -> None:
        head, _, self.answer = data.partition(b"\r\n\r\n")
        self.status, self.head = int(head.split(b" ")[1]), head.decode()
