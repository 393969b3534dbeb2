"""A custom runtime that streams what its event says, and what came of it at the client."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

from endpoint_lab import ROLE

# Streams as lambda-facts §1.9 tells custom runtimes to, over a plain socket.
BOOTSTRAP = (
    f"#!{Path(sys.executable).resolve()} -IS\n"
    + r"""
import base64, json, os, pathlib, socket, sys, time

host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
api = socket.create_connection((host, int(port)))
replies = api.makefile("rb")
ROOT = "/2018-06-01/runtime/invocation"

def reply():
    headers = {}
    replies.readline()
    while line := replies.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return headers, replies.read(int(headers["content-length"]))

def stream(invocation, event):
    kind = event.get("type", "text/plain")
    api.sendall(
        f"POST {ROOT}/{invocation}/response HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
        "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n"
        .encode()
    )
    sent = 0
    for number in range(event.get("chunks", 1)):
        piece = event.get("text", "x").encode() * event.get("times", 1)
        api.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        sent += len(piece)
        if "progress" in event:
            pathlib.Path(event["progress"]).write_text(str(sent))
        if "wait" in event:
            gate = pathlib.Path(event["wait"] + str(number))
            while not gate.exists():
                time.sleep(0.005)
    if event.get("end") == "crash":
        os._exit(3)
    if event.get("end") == "hang":
        time.sleep(60)
    trailers = ""
    if "error" in event:
        body = base64.b64encode(json.dumps(event["error"]).encode()).decode()
        trailers = (
            f"Lambda-Runtime-Function-Error-Type: {event['error']['errorType']}\r\n"
            f"Lambda-Runtime-Function-Error-Body: {body}\r\n"
        )
    api.sendall(f"0\r\n{trailers}\r\n".encode())

while True:
    api.sendall(f"GET {ROOT}/next HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    headers, event = reply()
    stream(headers["lambda-runtime-aws-request-id"], json.loads(event))
    reply()
"""
)


def bootstrap_zip() -> bytes:
    """The custom runtime as a function's code."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        file = zipfile.ZipInfo("bootstrap")
        file.external_attr = 0o755 << 16
        archive.writestr(file, BOOTSTRAP)
    return buffer.getvalue()


def create_streaming(client: Any, name: str, **named: Any) -> None:
    """Create a function that runs on it."""
    client.create_function(
        **{
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "Role": ROLE,
            "Handler": "none",
            "Timeout": 20,
            "Code": {"ZipFile": bootstrap_zip()},
            **named,
        }
    )


def events_of(answer: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """All the bytes of an event stream's payload chunks, and its InvokeComplete."""
    *chunks, last = answer["EventStream"]
    payload = b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks)
    return payload, last["InvokeComplete"]


def release(gate: Path, number: int) -> None:
    """Let the function go on after its piece `number`."""
    gate.with_name(f"{gate.name}{number}").touch()
