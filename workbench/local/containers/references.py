"""Names of images: `repository`, `repository:tag` or `repository@sha256:digest`."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

_REPOSITORY = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?/)?"
    r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_MAX_LENGTH = 2048


class Reference(NamedTuple):
    """The parts of an image's name. `digest` is the SHA-256 (hex); "" where there is none."""

    repository: str
    tag: str
    digest: str


def parse_reference(uri: str) -> Reference | None:
    """The parts of an ImageUri; None when it is no image's name."""
    name, at, algorithm_and_digest = uri.partition("@")
    digest = _DIGEST.fullmatch(algorithm_and_digest)
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    repository = f"{head}{slash}{last}"
    wrong = (
        len(uri) > _MAX_LENGTH
        or not _REPOSITORY.fullmatch(repository)
        or (at and not digest)
        or (colon and not _TAG.fullmatch(tag))
    )
    return None if wrong else Reference(repository, tag, digest[1] if digest else "")


def stand_in_digest(uri: str) -> str:
    """What stands for the digest of an image that nothing on this machine knows."""
    return hashlib.sha256(uri.encode()).hexdigest()
