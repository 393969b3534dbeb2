"""How commands print: tables for people, JSON for programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument(
        "--json", action="store_true", help="print JSON (the default when not on a terminal)"
    )


def wants_json(arguments: argparse.Namespace) -> bool:
    """Whether a program reads our output."""
    return bool(arguments.json) or not sys.stdout.isatty()


def print_json(document: Any) -> None:
    """Print a JSON value, indented."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
    """Print rows in aligned columns, no wider than the terminal; `empty` when there are none.

    Cells may hold what functions said: its line breaks and escapes would tear the table.
    """
    if not rows:
        print(empty)
        return
    import shutil

    width = shutil.get_terminal_size().columns
    table = [headings, *([_printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(size) for cell, size in zip(row, widths, strict=True))
        line = "  ".join(cells).rstrip()
        print(line if len(line) <= width else line[: width - 1] + "…")


def _printable(cell: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in cell)


def note(message: str) -> None:
    """Tell a person something beside the output."""
    print(f"workbench: {message}", file=sys.stderr)
