"""Prompt: Textual's one-line input, whose letters move nothing else on the screen."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input


class Prompt(Input):
    """An input as wide as its place. Textual's may be as wide as its text, and so has the whole
    screen laid out anew at every letter: half of what a key costs."""

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
