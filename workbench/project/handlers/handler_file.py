"""Which source file a handler such as "folder/module.function" names."""

from __future__ import annotations

from pathlib import Path

SOURCES = (".py", ".js", ".mjs", ".cjs")


def handler_file(code: Path, handler: str) -> Path | None:
    """The file in the folder `code` that holds `handler`, or None when there is none.

    Both "src/app.handler" and Python's "src.app.handler" are understood; nothing is read.
    """
    for stem in (handler.split(".")[0], handler.rpartition(".")[0].replace(".", "/")):
        for suffix in SOURCES:
            file = code / f"{stem}{suffix}"
            if stem and file.is_file():
                return file
    return None
