"""What keeps a key's answer quick while threads work: Python's garbage collection and its lock,
and when the last key was pressed, for what can wait.

Measured with 50,000 log lines a second arriving (tests/benchmarks/screen_keys.py): with Python's
own settings every key in a hundred waited for half a second, for a collection that went through
all objects of Textual and botocore.
"""

from __future__ import annotations

import gc
import sys
from time import perf_counter as now

_SWITCH_S = 0.001  # how long a thread may keep the interpreter when the screen wants it
_YOUNG, _MIDDLE, _OLD = 5_000, 20, 100

_ANSWER_S = 0.03
"""So long after a key, what is painted is most likely its answer."""

__all__ = ["is_key_fresh", "key_pressed", "last_key", "now", "prepare", "settle"]

_last_key = 0.0


def prepare() -> None:
    """Begin: to be called once, before the screen opens. Nothing that starting makes is garbage,
    so it is not looked for before `settle`."""
    sys.setswitchinterval(_SWITCH_S)
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    gc.disable()


def settle() -> None:
    """What is there now stays until the end: it is not looked through for garbage again."""
    gc.freeze()
    gc.enable()


def key_pressed() -> None:
    """A key was pressed."""
    global _last_key
    _last_key = now()


def last_key() -> float:
    """When the last key was pressed, by `now`."""
    return _last_key


def is_key_fresh() -> bool:
    """Whether a key was pressed so lately that its answer may not be painted yet."""
    return now() - _last_key < _ANSWER_S
