"""What an invocation costs on AWS, in US dollars (lambda-facts §10.2).

The prices are those of us-east-1, on demand, as published in mid-2026; other regions and the
cheaper tiers of large accounts differ. The free tier (1 M requests and 400,000 GB-s a month) and
what is charged by other services are not in them.
"""

from __future__ import annotations

from dataclasses import dataclass

REQUEST = 0.20 / 1_000_000
GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
STORAGE_GB_SECOND = 0.0000000309
FREE_STORAGE_MB = 512
_MB = 1024  # in a GB


@dataclass(frozen=True, slots=True)
class Cost:
    """The parts of a price in dollars: for the request, the time with its memory, and for the
    ephemeral storage above 512 MB."""

    request: float
    duration: float
    storage: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.request + self.duration + self.storage

    def __str__(self) -> str:
        """The price of one and of a million: "$0.00000225 · 1 M: $2.25"."""
        return f"${self.total:.8f} · 1 M: ${self.total * 1_000_000:,.2f}"


def cost_of(
    billed_ms: int,
    memory_size: int,
    architecture: str | None = None,
    ephemeral_storage: int | None = None,
) -> Cost:
    """The price of one invocation with this Billed Duration (ms) and these sizes (MB).

    `architecture` is "x86_64" (None means it) or "arm64"; `ephemeral_storage` None is 512.
    """
    seconds = billed_ms / 1000
    extra = max(0, (ephemeral_storage or FREE_STORAGE_MB) - FREE_STORAGE_MB) / _MB
    rate = GB_SECOND[architecture or "x86_64"]
    return Cost(REQUEST, memory_size / _MB * seconds * rate, extra * seconds * STORAGE_GB_SECOND)
