"""Locations of code and layers: links that work for ten minutes, as S3's presigned ones."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from pathlib import Path
from urllib.parse import parse_qs, quote

from workbench.local.api.context import Context
from workbench.local.errors import ApiError, not_found
from workbench.local.gate import CODE_KEY, PRESIGNED
from workbench.local.http.messages import Request, Response
from workbench.local.store import zips
from workbench.local.store.records import LATEST, LayerVersion, Version

EXPIRES = 600
_LAYERS = f"{PRESIGNED}layer/"  # three parts, where a function's path has two
_SECRET = secrets.token_bytes(32)  # links need not outlive the process


def location(context: Context, version: Version) -> str:
    """A URL on this endpoint from which the version's archive can be downloaded."""
    return _presigned(context, f"{PRESIGNED}{quote(version.function)}/{quote(version.version)}")


def layer_location(context: Context, version: LayerVersion) -> str:
    """The same for a layer version."""
    return _presigned(context, f"{_LAYERS}{quote(version.layer)}/{version.version}")


def _presigned(context: Context, path: str) -> str:
    config = context.config
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = quote(f"{CODE_KEY}/{date[:8]}/{config.region}/s3/aws4_request", safe="")
    return (
        f"{context.url}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}"
        f"&X-Amz-Date={date}&X-Amz-Expires={EXPIRES}&X-Amz-SignedHeaders=host"
        f"&X-Amz-Signature={_signature(path, date)}"
    )


def _signature(path: str, date: str) -> str:
    return hmac.new(_SECRET, f"{path}?{date}".encode(), hashlib.sha256).hexdigest()


async def download(context: Context, request: Request) -> Response:
    """The archive a location names. Raises ApiError for a wrong or expired link."""
    query = parse_qs(request.query)
    date = query.get("X-Amz-Date", [""])[0]
    given = query.get("X-Amz-Signature", [""])[0]
    if not hmac.compare_digest(given.encode(), _signature(request.path, date).encode()):
        raise ApiError("AccessDeniedException", "The signature of this link is not valid.")
    earliest = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - EXPIRES))
    if date < earliest:
        raise ApiError("AccessDeniedException", "Request has expired")
    code, folder = _named(context, request.path)
    archive = await asyncio.to_thread(_archive, context, code, folder)
    return Response(200, archive, [("Content-Type", "application/zip")])


def _named(context: Context, path: str) -> tuple[str, Path | None]:
    name, _, number = path.removeprefix(PRESIGNED).partition("/")
    if "/" in number:
        layer, _, number = number.partition("/")
        found = context.store.layers.get(layer, int(number))
        if found is None:
            raise not_found("The resource you requested does not exist.")
        return found.code, None
    version = context.store.functions.version(name, number.replace("%24LATEST", LATEST))
    if version is None:
        raise not_found(f"Function not found: {context.arn(name)}")
    return version.code, version.folder


def _archive(context: Context, code: str, folder: Path | None) -> bytes:
    if folder is not None:
        return zips.pack(folder)
    return context.store.code.archive(code).read_bytes()
