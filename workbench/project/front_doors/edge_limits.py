"""What CloudFront asks of a function before it runs it at the edge (lambda-facts §8.4).

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.project.front_doors.distributions import EdgeEvent
from workbench.project.records import FunctionSource

VIEWER_SECONDS = 5
ORIGIN_SECONDS = 30
_VIEWER_MEMORY = 128  # MB
_EPHEMERAL_STORAGE = 512  # MB


def seconds(event: EdgeEvent) -> int:
    """How long a function may run for this event."""
    return VIEWER_SECONDS if event.startswith("viewer") else ORIGIN_SECONDS


def problems(function: FunctionSource, event: EdgeEvent) -> Iterator[str]:
    """Why the function cannot be associated with `event`: the ends of sentences."""
    if function.timeout > seconds(event):
        yield f"its Timeout is {function.timeout} s, and {seconds(event)} s the most"
    if event.startswith("viewer") and function.memory_size > _VIEWER_MEMORY:
        yield f"its MemorySize is {function.memory_size} MB, and {_VIEWER_MEMORY} MB the most"
    if function.ephemeral_storage > _EPHEMERAL_STORAGE:
        yield f"its EphemeralStorage is more than {_EPHEMERAL_STORAGE} MB"
    if function.image_uri is not None:
        yield "it is a container image"
    elif not function.runtime.startswith(("nodejs", "python")):
        yield f"its runtime is {function.runtime}: only Node.js and Python run there"
    if function.architecture != "x86_64":
        yield f"its architecture is {function.architecture}, not x86_64"
    for there, what in (
        (function.environment, "environment variables"),
        (function.layers, "layers"),
        (function.dead_letter_arn, "a dead-letter queue"),
        (function.active_tracing, "active tracing"),
    ):
        if there:
            yield f"it has {what}"
