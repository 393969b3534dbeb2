"""What an extension asks for when it subscribes to telemetry (lambda-facts §1.6), checked.

The Telemetry API and its predecessor, the Logs API, differ in path, schema versions and events.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

Api = Literal["Telemetry", "Logs"]

PATHS: dict[str, Api] = {"/2022-07-01/telemetry": "Telemetry", "/2020-08-15/logs": "Logs"}
_VERSIONS: dict[Api, tuple[str, ...]] = {
    "Telemetry": ("2022-07-01", "2022-12-13", "2025-01-29"),
    "Logs": ("2020-08-15", "2021-03-18"),
}
_TYPES = ("platform", "function", "extension")
_HOSTS = ("sandbox.localdomain", "sandbox")
# Setting: what it is when it is not given, the least, the most.
_BUFFERING = {
    "maxItems": (10_000, 1_000, 10_000),
    "maxBytes": (262_144, 262_144, 1_048_576),
    "timeoutMs": (1_000, 25, 30_000),
}


class ValidationError(Exception):
    """A subscription cannot be as it was asked for; `str()` has all reasons, as AWS joins them."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A valid subscription. `path` is None for TCP; `method` is that of the HTTP requests."""

    api: Api
    types: tuple[str, ...]
    port: int
    path: str | None
    method: str
    max_items: int
    max_bytes: int
    timeout_s: float


def parse_subscription(api: Api, body: bytes) -> Subscription:
    """The subscription that a request's body asks for. Raises ValidationError."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"failed to parse JSON: {error}") from error
    if not isinstance(asked, dict):
        raise ValidationError("failed to parse JSON: an object is expected")
    problems: list[str] = []
    version = asked.get("schemaVersion", _VERSIONS[api][0] if api == "Logs" else None)
    if version not in _VERSIONS[api]:
        problems.append(f"schemaVersion should be one of {', '.join(_VERSIONS[api])}")
    port, path, method = _destination(asked.get("destination"), problems)
    types = asked.get("types")
    if not isinstance(types, list) or not types:
        problems.append("types should not be empty")
        types = []
    elif any(kind not in _TYPES for kind in types):
        problems.append(f"types should be among {', '.join(_TYPES)}")
    buffering = _buffering(asked.get("buffering"), problems)
    if problems:
        raise ValidationError("; ".join(problems))
    return Subscription(
        api,
        tuple(dict.fromkeys(types)),
        port,
        path,
        method,
        buffering["maxItems"],
        buffering["maxBytes"],
        buffering["timeoutMs"] / 1000,
    )


def _destination(asked: Any, problems: list[str]) -> tuple[int, str | None, str]:
    if not isinstance(asked, dict):
        problems.append("destination is not provided")
        return 0, None, ""
    method = asked.get("method", "POST")
    if method not in ("POST", "PUT"):
        problems.append("method should be one of POST, PUT")
    if asked.get("protocol") == "TCP":
        port = asked.get("port")
        if type(port) is not int or not 0 < port < 65536:
            problems.append("port is not provided")
            port = 0
        return port, None, ""
    if asked.get("protocol") != "HTTP":
        problems.append("protocol should be one of HTTP, TCP")
        return 0, None, ""
    try:
        address = urlsplit(str(asked.get("URI") or ""))
        port = address.port
    except ValueError:
        problems.append("URI is not valid")
        return 0, None, ""
    if not port:
        problems.append("URI port is not provided")
    if address.scheme != "http" or address.hostname not in _HOSTS:
        problems.append(f"URI should begin with http://{_HOSTS[0]}")
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    return port or 0, path.replace(" ", "%20"), str(method)


def _buffering(asked: Any, problems: list[str]) -> dict[str, int]:
    if asked is not None and not isinstance(asked, dict):
        problems.append("buffering should be an object")
    given = asked if isinstance(asked, dict) else {}
    settings = {}
    for name, (default, least, most) in _BUFFERING.items():
        value = given.get(name, default)
        if type(value) is not int or not least <= value <= most:
            problems.append(f"{name} should be between {least} and {most}")
            value = default
        settings[name] = value
    return settings
