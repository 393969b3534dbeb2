"""By what file systems that were made for a project can be told from others."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def mark(state: Path) -> str:
    """The name in the mount tables of each /tmp made for the project with this state folder."""
    digest = hashlib.sha1(os.fsencode(state), usedforsecurity=False).hexdigest()
    return f"workbench-{digest[:20]}"
