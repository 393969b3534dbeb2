"""What is deleted in the embedded services leaves their memory.

moto remembers every message, item, record and object it ever made, so that its users' tests can
reset it. That does not happen here: a queue that is polled for a day would keep all it ever held.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def correct() -> None:
    """Make moto's models so."""
    from moto.core.common_models import BaseModel

    model: Any = BaseModel
    model.__new__ = staticmethod(_made)


def _made(cls: type, *_: object, **__: object) -> Any:
    return object.__new__(cls)
