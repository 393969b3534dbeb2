"""Where the brokers are that event source mappings name by their ARN (lambda-facts §7.4).

An Amazon MQ broker's ARN does not tell its address, and the embedded services have no brokers: who
has one on this machine says where (`workbench serve --broker ARN=URL`, or `[brokers]` in the user's
config).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_ARN = re.compile(r"arn:[^:]+:mq:[^:]*:\d{12}:broker:[^:]+:[^:]+")


def parse_broker(text: str) -> tuple[str, str]:
    """The ARN and the address of `ARN=amqp://host:port`. Raises ValueError, a sentence."""
    arn, _, url = text.partition("=")
    parts = urlsplit(url)
    if not _ARN.fullmatch(arn) or parts.scheme not in ("amqp", "amqps") or not parts.hostname:
        raise ValueError(
            f"{text} says no broker: use one like "
            "arn:aws:mq:us-east-1:123456789012:broker:orders:b-1=amqp://127.0.0.1:5672"
        )
    if parts.username or parts.password:
        raise ValueError(
            "A broker's user and password are in the secret of the mapping's BASIC_AUTH, not in "
            "its address."
        )
    return arn, url
