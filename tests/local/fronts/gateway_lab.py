"""A project with APIs on a local Lambda, and an issuer of JSON web tokens."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from endpoint_lab import LocalEndpoint, local_lambda
from url_lab import Reply, fetch

APP = """
import json, time

def echo(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}

def says(event, context):
    "Whatever the body says."
    return json.loads(event["body"])

def fail(event, context):
    raise ValueError("no luck")

def slow(event, context):
    time.sleep(50)

def simple(event, context):
    who = event["identitySource"][0]
    if who in ("boom", "Unauthorized"):
        raise Exception(who)
    if who == "list":
        return [1]
    return {"isAuthorized": who == "yes", "context": {"asked": json.dumps(event), "at": time.time_ns()}}

def policy(event, context):
    who = event.get("authorizationToken") or event["headers"]["who"]
    if who in ("boom", "Unauthorized"):
        raise Exception(who)
    if who == "nobody":
        return {"policyDocument": {"Statement": []}}
    effect = "Deny" if who == "no" else "Allow"
    resource = event["methodArn"] if who == "just-this" else "*"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    statements = [] if who == "silence" else [statement]
    return {
        "principalId": who,
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
        "context": {"asked": json.dumps(event), "at": time.time_ns(), "yes": True},
    }
"""  # noqa: E501


@dataclass
class Apis:
    """The APIs of a running project, by name."""

    endpoint: LocalEndpoint
    root: Path

    def url(self, name: str) -> str:
        """Where an API is."""
        fronts = self.endpoint.call(self.endpoint.server.fronts)
        url: str = next(front["Url"] for front in fronts if front["Name"] == name)
        return url

    def ask(
        self, name: str, path: str, method: str = "GET", body: Any = None, **headers: str
    ) -> Reply:
        """Send a request; `path` is what follows the API's own URL."""
        host, _, stage = self.url(name).removeprefix("http://").rstrip("/").partition("/")
        prefix = f"/{stage}" if stage else ""
        return fetch(f"http://{host}", prefix + path, method, body, **headers)

    def event(
        self, name: str, path: str, method: str = "GET", body: Any = None, **headers: str
    ) -> Any:
        """The event that a request became, of a function that echoes it."""
        reply = self.ask(name, path, method, body, **headers)
        assert reply.status == 200, reply
        return json.loads(reply.body)


@contextmanager
def served(root: Path, template: str, **settings: Any) -> Iterator[Apis]:
    """Serve the project `root` with this template."""
    write_project(root, template)
    with local_lambda(root, project=root, **settings) as endpoint:
        yield Apis(endpoint, root)


def write_project(root: Path, template: str) -> None:
    """The files of a project."""
    (root / "src").mkdir(parents=True, exist_ok=True)
    (root / "src" / "app.py").write_text(APP)
    (root / "template.yaml").write_text(dedent(template))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An OpenID Connect issuer on a loopback port, with one RSA key."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import rsa

        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.fetched: list[str] = []
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.fetched.append(self.path)
                document = {"keys": [issuer.public_key()]}
                if self.path.endswith("openid-configuration"):
                    document = {"jwks_uri": f"{issuer.url}/keys"}  # type: ignore[dict-item]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def public_key(self, key_id: str = "one") -> dict[str, str]:
        """The key as a JSON web key."""
        numbers = self._key.public_key().public_numbers()
        n, e = (_b64(x.to_bytes((x.bit_length() + 7) // 8)) for x in (numbers.n, numbers.e))
        return {"kty": "RSA", "kid": key_id, "use": "sig", "alg": "RS256", "n": n, "e": e}

    def token(self, *, algorithm: str = "RS256", key_id: str = "one", **claims: Any) -> str:
        """A signed token, valid for an hour unless the claims say otherwise."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        given = {"iss": self.url, "aud": "me", "exp": int(time.time()) + 3600, **claims}
        header = {"alg": algorithm, "kid": key_id, "typ": "JWT"}
        signed = ".".join(_b64(json.dumps(part).encode()) for part in (header, given))
        digest = {"384": hashes.SHA384, "512": hashes.SHA512}.get(algorithm[2:], hashes.SHA256)()
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), digest)
        return f"{signed}.{_b64(signature)}"
