"""The Shutdown phase of an environment's processes (lambda-facts §1.4)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping

from workbench.local.runtime.domain.domain_process import DomainProcess
from workbench.local.runtime.domain.extensions_api import ExtensionsApi

# How long everything may take: with external extensions, and with internal ones only.
EXTERNAL_S = 2.0
INTERNAL_S = 0.5
# How much of that the runtime has between SIGTERM and SIGKILL.
_RUNTIME_SHARE = {EXTERNAL_S: 0.3, INTERNAL_S: 0.6}


async def shut_down(
    runtime: DomainProcess,
    externals: Mapping[str, DomainProcess],
    extensions: ExtensionsApi,
    reason: str,
) -> None:
    """End all processes; returns when they are gone.

    Without extensions the runtime is killed at once. Else it gets SIGTERM and some time first; then
    external extensions that registered for SHUTDOWN hear of it, the others are killed.
    """
    if extensions:
        allowed = EXTERNAL_S if externals else INTERNAL_S
        until = time.monotonic() + allowed
        deadline_ms = int((time.time() + allowed) * 1000)
        runtime.terminate()
        await _gone([runtime], allowed * _RUNTIME_SHARE[allowed])
        runtime.kill()
        extensions.shut_down(reason, deadline_ms)
        warned = {each.name for each in extensions if "SHUTDOWN" in each.events}
        for name, process in externals.items():
            if name not in warned:
                process.kill()
        await _gone(list(externals.values()), until - time.monotonic())
    everything = [runtime, *externals.values()]
    for process in everything:
        process.kill()
    await _gone(everything, None)


async def _gone(processes: list[DomainProcess], seconds: float | None) -> None:
    """Wait for the ends of `processes`, at most so long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for process in processes:
                if process.running:
                    await process.gone.wait()
