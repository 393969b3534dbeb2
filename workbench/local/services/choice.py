"""What `--services` can say: which AWS services functions and the local Lambda itself use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """`url` is another endpoint's when `kind` is "url"; `profile` is an AWS profile, or None for
    the default one, when it is "aws"."""

    kind: Literal["embedded", "url", "aws"] = "embedded"
    url: str = ""
    profile: str | None = None

    def __str__(self) -> str:
        match self.kind:
            case "embedded":
                return "embedded, kept in .workbench"
            case "url":
                return f"those at {self.url}"
        return f"those of AWS, with the profile {self.profile or 'default'}"


EMBEDDED = ServiceChoice()


def parse_services(text: str) -> ServiceChoice:
    """`embedded`, `aws`, `aws:PROFILE`, or a URL. Raises ValueError, a sentence."""
    kind, _, profile = text.partition(":")
    if text == "embedded":
        return EMBEDDED
    if text == "aws" or (kind == "aws" and profile):
        return ServiceChoice("aws", profile=profile or None)
    if text.startswith(("http://", "https://")) and len(text) > 8:
        return ServiceChoice("url", url=text.rstrip("/"))
    raise ValueError(
        f"{text} is none of the services: use embedded, aws, aws:PROFILE or an address like "
        "http://127.0.0.1:4566"
    )
