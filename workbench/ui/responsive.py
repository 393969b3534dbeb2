"""What keeps a key's answer quick while threads work: Python's garbage collection and its lock.

Measured with 50,000 log lines a second arriving (tests/benchmarks/screen_keys.py): with Python's
own settings every key in a hundred waited for half a second, for a collection that went through
all objects of Textual and botocore.
"""

from __future__ import annotations

import gc
import sys

_SWITCH_S = 0.001  # how long a thread may keep the interpreter when the screen wants it
_YOUNG, _MIDDLE, _OLD = 5_000, 20, 100


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
