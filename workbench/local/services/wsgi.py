"""A request of our own HTTP listener, answered by a WSGI application."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from workbench.local.http.bodies import SizedBody
from workbench.local.http.messages import Request, Response

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def environ(request: Request) -> Environ:
    """The WSGI environment of a request. A header with an underscore in its name is no other
    header's value and is left out: S3's metadata may have such names, which whoever calls adds."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    host, _, port = request.headers.get("host", "localhost").partition(":")
    result: Environ = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path, "latin-1"),
        "QUERY_STRING": request.query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
    }
    for name, value in request.headers.items():
        if name == "content-type":
            result["CONTENT_TYPE"] = value
        elif name not in ("content-length", "transfer-encoding") and "_" not in name:
            result["HTTP_" + name.upper().replace("-", "_")] = value
    return result


def run(application: Application, environment: Environ) -> Response:
    """The application's answer, whole. Takes as long as it takes: call it in a thread."""
    status = 200
    headers: list[tuple[str, str]] = []

    def start_response(line: str, given: list[tuple[str, str]], *_: object) -> Callable[..., None]:
        nonlocal status, headers
        status, headers = int(line.split(" ", 1)[0]), given
        return lambda data: None

    pieces = application(environment, start_response)
    try:
        body = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    length = [int(value) for name, value in headers if name.lower() == "content-length"]
    headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    if environment["REQUEST_METHOD"] == "HEAD" and length:
        return Response(status, SizedBody.unsent(length[0]), headers)
    return Response(status, body, headers)
