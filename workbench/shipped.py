"""Where the top-level folders `samples/` and `themes/` are: in a wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: Literal["samples", "themes"]) -> Path:
    """Return the folder `name` that came with this installation.

    An installed wheel carries it inside the package; a checkout (or an editable install) has it
    beside the package. Raises FileNotFoundError when the installation has neither.
    """
    for folder in (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"this installation of workbench has no {name} folder: install it again with pip"
    )
