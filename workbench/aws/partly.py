"""Reading something in parts, of which a role may be allowed to read some only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from workbench.aws.errors import LambdaError

_T = TypeVar("_T")


def partly(
    parts: Mapping[str, Callable[[], Iterable[_T]]], refused: Callable[[str, LambdaError], _T]
) -> list[_T]:
    """What the parts give, in their order; `refused` (name, why) is in the place of one that was
    answered with a no.

    Raises LambdaError when every part was refused, when there is no answer, and when what is read
    is not there at all (ResourceNotFoundException).
    """
    found: list[_T] = []
    refusals: list[LambdaError] = []
    for name, read in parts.items():
        try:
            found += list(read())
        except LambdaError as error:
            if error.status is None or error.code == "ResourceNotFoundException":
                raise
            refusals.append(error)
            found.append(refused(name, error))
    if refusals and len(refusals) == len(parts):
        raise refusals[0]
    return found
