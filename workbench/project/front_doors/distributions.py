"""CloudFront distributions of a project that have Lambda@Edge functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

EdgeEvent = Literal["viewer-request", "origin-request", "origin-response", "viewer-response"]
EDGE_EVENTS: tuple[EdgeEvent, ...] = (
    "viewer-request",
    "origin-request",
    "origin-response",
    "viewer-response",
)

AuthMethod = Literal["none", "origin-access-identity", "origin-access-control"]

_ASSOCIATION = re.compile(r"([a-z]+-[a-z]+)=([a-zA-Z0-9-_]{1,64})")
_BUCKET = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com(\.cn)?"
)
_ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the distribution gets its objects. `path` is put before the URI, `read_timeout` is in
    seconds. One in S3 has the bucket's `domain`, and in `s3` how CloudFront says who it is."""

    domain: str
    protocol: Literal["http", "https"] = "http"
    port: int = 80
    path: str = ""
    custom_headers: tuple[tuple[str, str], ...] = ()
    read_timeout: int = 30
    s3: AuthMethod | None = None


@dataclass(frozen=True, slots=True)
class Association:
    """The function of one event. With `include_body` it gets the body of requests."""

    function: str
    include_body: bool = False


@dataclass(frozen=True, slots=True)
class Behavior:
    """A cache behavior: for which paths, from which origin, with which functions."""

    pattern: str
    origin: str
    associations: Mapping[EdgeEvent, Association] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distribution:
    """`behaviors` are in the order in which they are tried; the last one is the default.
    `root_object` is what a request for `/` asks the origin for, such as `index.html`."""

    name: str
    origins: Mapping[str, Origin]
    behaviors: tuple[Behavior, ...]
    root_object: str = ""
    kind: Literal["EDGE"] = "EDGE"


def bucket_of(domain: str) -> tuple[str, str] | None:
    """The bucket and the region ("" for one that is not named) in a domain name of S3; None for
    other domain names, such as those of S3's websites, which are origins like any other."""
    match = _BUCKET.fullmatch(domain)
    return None if match is None else (match["bucket"], match["region"] or "")


def parse_distribution(text: str) -> Distribution:
    """A distribution of the command line: an origin's URL and a function for each event, such as
    `http://127.0.0.1:8000 viewer-request=Redirect`. Raises ValueError with a sentence."""
    url, *rest = text.split() or [""]
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise ValueError(f"{url} is no URL of an origin: {error}") from None
    if parts.scheme not in ("http", "https", "s3") or not parts.hostname:
        raise ValueError(
            f"{url} is no URL of an origin: write it like http://127.0.0.1:8000 or s3://bucket"
        )
    associations: dict[EdgeEvent, Association] = {}
    for each in rest:
        match = _ASSOCIATION.fullmatch(each)
        event = next((name for name in EDGE_EVENTS if match and name == match[1]), None)
        if match is None or event is None:
            raise ValueError(f"{each} is none of {', '.join(EDGE_EVENTS)}, = and a function")
        associations[event] = Association(match[2], include_body=True)
    if not associations:
        raise ValueError("Name a function after the origin, such as viewer-request=Redirect")
    path = parts.path.rstrip("/")
    if parts.scheme == "s3":
        origin = Origin(f"{parts.hostname}.s3.amazonaws.com", "https", 443, path, s3="none")
    else:
        protocol: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
        origin = Origin(parts.hostname, protocol, port, path)
    name = "edge-" + next(iter(associations.values())).function
    return Distribution(name, {_ORIGIN: origin}, (Behavior("*", _ORIGIN, associations),))
