"""What was changed on AWS from this project: `.workbench/audit.log`, one JSON object a line.

Lines are only ever added. Each has `when` (UTC), `who` (the caller's ARN), `account`, `region`,
`operation` ("lambda:UpdateAlias"), `parameters` (no secrets and no payloads), `result` ("ok", or
the error in words) and, where AWS answered, `requestId`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def append(path: Path, entry: Mapping[str, Any]) -> None:
    """Add an entry as one write, so that lines of several processes never mix. Raises OSError."""
    line = json.dumps(entry, ensure_ascii=False, default=str) + "\n"
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode(errors="replace"))
    finally:
        os.close(file)


def check(path: Path) -> None:
    """Raise OSError when nothing could be added now."""
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """All entries, the oldest first; none when there is no file. Raises OSError."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:  # the machine went down while it was written
                continue
            if isinstance(entry, dict):
                yield entry


def in_words(entry: Mapping[str, Any]) -> str:
    """An entry as a few lines for a person."""
    parameters = "  ".join(f"{k}={_short(v)}" for k, v in entry.get("parameters", {}).items())
    request = f"  (request {entry['requestId']})" if entry.get("requestId") else ""
    return (
        f"{entry.get('when', '')}  {entry.get('operation', '')}  {entry.get('result', '')}{request}"
        f"\n    {parameters}\n    {entry.get('account', '')} {entry.get('region', '')}"
        f" by {entry.get('who', '')}"
    )


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
