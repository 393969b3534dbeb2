"""Alt with a digit or a letter, as plain terminals send it: escape, then the key."""

from __future__ import annotations

from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.events import Key


def prepare() -> None:
    """Begin: to be called once, before the screen opens.

    Textual takes alt and a digit for what a Mac's keyboard writes with them (``∞`` for alt+5); here
    they lead to the panes.
    """
    sequences = cast("dict[str, object]", ANSI_SEQUENCES_KEYS)
    for digit in "0123456789":
        sequences.pop(f"\x1b{digit}", None)


def take_text(event: Key) -> None:
    """Take the text from alt and a key, that an editor does not write it: alt+5 is no 5. What a
    keyboard composes with alt (``@``) stays."""
    if event.key == f"alt+{event.character}":
        event.character = None
