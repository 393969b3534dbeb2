"""The trace header: X-Amzn-Trace-Id, _X_AMZN_TRACE_ID, Lambda-Runtime-Trace-Id (§1.4, §13)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from workbench.local.request_ids import new_root, new_segment_id

_ROOT = re.compile(r"1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}")
_PARENT = re.compile(r"[0-9a-fA-F]{16}")


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """`root` is the trace id, `parent` the segment that the next one hangs under. `sampled` is
    None where nobody decided yet. `others` are further fields, such as Lineage=…, as they came."""

    root: str
    parent: str | None = None
    sampled: bool | None = None
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        fields = [f"Root={self.root}"]
        if self.parent is not None:
            fields.append(f"Parent={self.parent}")
        if self.sampled is not None:
            fields.append(f"Sampled={int(self.sampled)}")
        return ";".join([*fields, *self.others])


def parse(text: str) -> TraceHeader | None:
    """The header in `text`; None when it names no trace. What is malformed in it is left out."""
    root = parent = sampled = None
    others: list[str] = []
    for field in text.split(";"):
        name, _, value = field.strip().partition("=")
        match name.lower():
            case "root" if _ROOT.fullmatch(value):
                root = value
            case "parent" if _PARENT.fullmatch(value):
                parent = value
            case "sampled" if value in ("0", "1"):
                sampled = value == "1"
            case "lineage":
                others.append(f"{name}={value}")
    return None if root is None else TraceHeader(root, parent, sampled, tuple(others))


def complete(text: str) -> str:
    """The header in `text` (a new one when it names no trace) with a Parent and a decision, which
    is 0 where there was none: as every function gets it, traced or not (§1.4)."""
    found = parse(text) or TraceHeader(new_root())
    return str(replace(found, parent=found.parent or new_segment_id(), sampled=bool(found.sampled)))
