"""What a function gets of a log group it is subscribed to (lambda-facts §8.1)."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
from collections.abc import Callable, Iterator, Sequence

BATCH_BYTES = 200_000
"""Of messages in one event, about; a longer message is an event of its own."""

_counted = itertools.count()


def log_data(
    account: str,
    group: str,
    stream: str,
    filter: str,
    matches: Callable[[str], bool],
    events: Sequence[tuple[int, str]],
) -> Iterator[bytes]:
    """The events, as JSON, for those of `events` (epoch ms, message) that match. It takes a while:
    not for the event loop."""
    found = [(stamp, message) for stamp, message in events if matches(message)]
    while found:
        size = count = 0
        for _, message in found:
            size += len(message)
            if count and size > BATCH_BYTES:
                break
            count += 1
        batch, found = found[:count], found[count:]
        document = {
            "messageType": "DATA_MESSAGE",
            "owner": account,
            "logGroup": group,
            "logStream": stream,
            "subscriptionFilters": [filter],
            "logEvents": [
                {"id": f"{stamp:020d}{next(_counted):036d}", "timestamp": stamp, "message": message}
                for stamp, message in batch
            ],
        }
        data = base64.b64encode(gzip.compress(json.dumps(document).encode(), 6))
        yield json.dumps({"awslogs": {"data": data.decode()}}).encode()
