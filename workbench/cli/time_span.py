"""How far back an option looks: 30s, 10m, 2h or 1d."""

from __future__ import annotations

import argparse
import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def time_span(text: str) -> int:
    """The seconds in a time span; the `type` of an argument."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text} is not a time span: use 30s, 10m, 2h or 1d")
    return int(match[1]) * _UNITS[match[2]]


def add_since_option(
    parser: argparse.ArgumentParser, default: str, what: str = "begin so long ago"
) -> None:
    """Add --since, whose value is in seconds; `what` says what it does."""
    parser.add_argument(
        "--since",
        type=time_span,
        default=time_span(default),
        metavar="AGO",
        help=f"{what}: 30s, 10m, 2h or 1d (default: {default})",
    )
