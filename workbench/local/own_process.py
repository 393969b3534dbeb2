"""Modules of ours that run as processes of their own, and the messages on the pipes to them.

What blocks, or would take the GIL from invocations, is in such a process. Most of them speak in
frames: a length (4 bytes, big-endian) and that many bytes of pickle.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import asyncio

HOME = Path(__file__).parents[2]
"""Where they are started: `-m` puts the working folder first on sys.path, and there must be nothing
but us."""

_LONGEST_LINE = 1024 * 1024


async def start(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start a module with pipes for its input and output; its errors go to the server's log."""
    import asyncio  # Late, also below: the processes themselves have no use for it.

    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        # A terminal's ctrl+c is for the server, which ends this process itself.
        start_new_session=True,
        cwd=HOME,
        env=environment,
    )


async def end(process: asyncio.subprocess.Process, seconds: float) -> None:
    """Close its input and wait until it has ended; it is killed when that takes `seconds`."""
    import asyncio

    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()


def frame(message: object) -> bytes:
    """A message as it is sent."""
    body = pickle.dumps(message)
    return len(body).to_bytes(4, "big") + body


async def next_frame(source: asyncio.StreamReader) -> Any:
    """The next message of a process. Raises IncompleteReadError when it has ended."""
    size = int.from_bytes(await source.readexactly(4), "big")
    return pickle.loads(await source.readexactly(size))


def read_frame(source: BinaryIO) -> Any:
    """In the process: the next message, None when there are no more."""
    head = source.read(4)
    return pickle.loads(source.read(int.from_bytes(head, "big"))) if len(head) == 4 else None
