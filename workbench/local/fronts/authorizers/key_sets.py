"""The public keys of token issuers, fetched as OpenID Connect Discovery says and kept a while."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from workbench.local.fronts.authorizers.jwt import Key

_KEPT_SECONDS = 7_200.0  # AWS's two hours
_AGAIN_SECONDS = 1.0  # between fetches because of keys that are not known, or that failed
_TIMEOUT = 5.0
_MAX_BYTES = 1_048_576
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class NoKeys(Exception):
    """The issuer's keys cannot be had; the text is a sentence."""


@dataclass(slots=True)
class _KeySet:
    keys: list[Key] = field(default_factory=list)
    fetched: float = -_KEPT_SECONDS
    problem: str | None = None  # why the last fetch failed
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class KeySets:
    """The keys by issuer. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._sets: dict[str, _KeySet] = {}

    async def keys(self, issuer: str, key_id: str | None) -> list[Key]:
        """The issuer's keys, fetched again when `key_id` is not among them. Raises NoKeys."""
        known = self._sets.setdefault(issuer, _KeySet())
        async with known.lock:
            age = time.monotonic() - known.fetched
            has_it = any(key_id in (None, key.get("kid")) for key in known.keys)
            if age > (_KEPT_SECONDS if has_it else _AGAIN_SECONDS):
                # Whoever waited for the same fetch shares its failure, which may take seconds.
                known.keys, known.problem = [], None
                try:
                    known.keys = await asyncio.to_thread(_fetch_keys, issuer)
                except NoKeys as problem:
                    known.problem = str(problem)
                known.fetched = time.monotonic()
            if known.problem is not None:
                raise NoKeys(known.problem)
            return known.keys


def _fetch_keys(issuer: str) -> list[Key]:
    configuration = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    address = configuration.get("jwks_uri")
    if not isinstance(address, str):
        raise NoKeys(f"The OpenID configuration of {issuer} has no jwks_uri.")
    keys = _fetch(address).get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def _fetch(address: str) -> dict[str, Any]:
    from urllib.request import ProxyHandler, build_opener  # late: 25 ms

    parts = urlsplit(address)
    if parts.scheme not in ("http", "https"):
        raise NoKeys(f"{address} is no web address.")
    local = parts.hostname in _LOOPBACK  # which no proxy could reach
    opener = build_opener(*([ProxyHandler({})] if local else []))
    try:
        with opener.open(address, timeout=_TIMEOUT) as response:
            document = json.loads(response.read(_MAX_BYTES))
    except (OSError, ValueError) as error:
        raise NoKeys(f"{address} cannot be read: {error}.") from error
    if not isinstance(document, dict):
        raise NoKeys(f"{address} is no JSON object.")
    return document
