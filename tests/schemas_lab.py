"""EventBridge's schema registry by its documented API: a small real HTTP server."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PATH = re.compile(
    r"/v1/registries/name/(?P<registry>[^/?]+)"
    r"(?:/schemas/name/(?P<schema>[^/?]+)(?:/versions?(?:/(?P<version>[^/?]+))?)?)?"
)


@dataclass
class SchemaRegistry:
    """What the server holds: registries of schemas of versions (number → content)."""

    url: str = ""
    registries: dict[str, dict[str, dict[int, str]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    offered: bool = True

    def content(self, registry: str, schema: str) -> dict[str, Any]:
        """The newest version of a schema."""
        versions = self.registries[registry][schema]
        document: dict[str, Any] = json.loads(versions[max(versions)])
        return document

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and answer of one request."""
        if not self.offered:
            return 501, ("NotImplemented", "no such service here")
        if path == "/v1/discover":
            event = json.loads(body["Events"][0])
            properties = {name: {"type": "string"} for name in event}
            schemas = {"Event": {"type": "object", "properties": properties}}
            document = {"openapi": "3.0.0", "info": {"version": "1.0.0", "title": "Event"},
                        "paths": {}, "components": {"schemas": schemas}}  # fmt: skip
            return 200, {"Content": json.dumps(document)}
        match = _PATH.match(path)
        assert match, path
        name, schema, version = match["registry"], match["schema"], match["version"]
        if schema is None:
            if method == "POST":
                self.registries.setdefault(name, {})
                return 201, {"RegistryName": name}
            if name in self.registries:
                return 200, {"RegistryName": name}
            return 404, ("NotFoundException", f"Registry with name {name} does not exist.")
        schemas_of = self.registries.get(name, {})
        if method == "POST":
            if len(schemas_of.get(schema, {})):
                return 409, ("ConflictException", "there is one")
            self.registries[name][schema] = {1: body["Content"]}
            return 201, {"SchemaName": schema, "SchemaVersion": "1"}
        if schema not in schemas_of:
            return 404, ("NotFoundException", f"Schema with name {schema} does not exist.")
        versions = schemas_of[schema]
        if method == "PUT":
            versions[max(versions) + 1] = body["Content"]
            return 200, {"SchemaVersion": str(max(versions))}
        if method == "DELETE":
            if version:
                del versions[int(version)]
            else:
                del schemas_of[schema]
            return 204, {}
        if "/versions" in path:
            return 200, {"SchemaVersions": [{"SchemaVersion": str(each)} for each in versions]}
        return 200, {"Content": versions[max(versions)], "SchemaVersion": str(max(versions))}


@contextlib.contextmanager
def schema_registry() -> Iterator[SchemaRegistry]:
    """Run the server."""
    lab = SchemaRegistry()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            lab.calls.append(f"{self.command} {self.path}")
            status, answer = lab.answer(self.command, self.path, body)
            self.send_response(status)
            if isinstance(answer, tuple):
                self.send_header("x-amzn-ErrorType", answer[0])
                answer = {"Code": answer[0], "Message": answer[1]}
            data = b"" if status == 204 else json.dumps(answer).encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """Keep still."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    lab.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield lab
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
