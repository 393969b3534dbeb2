"""Beginning with empty embedded services."""

from __future__ import annotations

import shutil
from pathlib import Path

DATABASE = "services.db"
OBJECTS = "objects"
SCHEDULED = "services.scheduled"
"""Is there while the services hold a schedule, which runs without anybody's request."""


def forget_services(folder: Path) -> None:
    """Remove all that the services hold, from the project's state folder. They must not run."""
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", SCHEDULED):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / OBJECTS, ignore_errors=True)
