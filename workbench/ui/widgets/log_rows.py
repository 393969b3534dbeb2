"""Which line stands in which row of a LogView: in the order they came, or by group. No screen.

Lines are known by numbers that only grow; rows change when lines are hidden, dropped or grouped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


class Rows(Protocol):
    """The rows of a view. Numbers are added in order, once each."""

    def __len__(self) -> int: ...

    def number(self, row: int) -> int | None:
        """The line of a row, None for the heading of a group."""

    def heading(self, row: int) -> Group | None:
        """The group whose heading a row is."""

    def row_of(self, number: int, group: str) -> int:
        """The row of a line of a group, or a near one."""

    def in_order(self) -> Iterator[int]:
        """The numbers of all lines in the order of the rows."""

    def add(self, number: int, group: str, *, framing: bool, passes: bool) -> None:
        """Take the next line in, if it passes the view's filters or its group's heading needs
        it."""

    def add_all(self, numbers: range, group: str) -> None:
        """Take the next lines in, all of one group, that pass and frame nothing."""

    def drop(self, first: int) -> None:
        """Forget the lines before `first`."""


class PlainRows:
    """Lines in the order they came. `numbers` may be set to a range, when none is left out."""

    def __init__(self) -> None:
        self.numbers: list[int] | range = []

    def __len__(self) -> int:
        return len(self.numbers)

    def number(self, row: int) -> int | None:
        return self.numbers[row]

    def heading(self, row: int) -> Group | None:
        return None

    def row_of(self, number: int, group: str) -> int:
        return max(0, bisect_right(self.numbers, number) - 1)

    def in_order(self) -> Iterator[int]:
        return iter(self.numbers)

    def add(self, number: int, group: str, *, framing: bool, passes: bool) -> None:
        assert isinstance(self.numbers, list)
        if passes:
            self.numbers.append(number)

    def add_all(self, numbers: range, group: str) -> None:
        assert isinstance(self.numbers, list)
        self.numbers.extend(numbers)

    def drop(self, first: int) -> None:
        self.numbers = self.numbers[bisect_left(self.numbers, first) :]


@dataclass(slots=True)
class Group:
    """Lines that belong together. `framing` are those its heading stands for; it shows when one
    of them `passes`, or a line below does. A `key` of "" is that of lines between groups, which
    have no heading."""

    key: str
    first: int
    numbers: list[int] = field(default_factory=list)
    framing: list[int] = field(default_factory=list)
    passes: bool = False

    def __len__(self) -> int:
        return len(self.numbers) + (1 if self.key and (self.passes or self.numbers) else 0)


class GroupedRows:
    """Groups in the order of their first lines, each under a heading."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._firsts: list[int] = []
        self._index: dict[str, int] = {}
        self._starts: list[int] = []  # the first row of each group, as far as they are known
        self._count = 0

    def __len__(self) -> int:
        self._count_rows()
        return self._count

    def _count_rows(self) -> None:
        known = len(self._starts)
        if known == len(self._groups):
            return
        at = self._starts[-1] + len(self._groups[known - 1]) if known else 0
        for group in self._groups[known:]:
            self._starts.append(at)
            at += len(group)
        self._count = at

    def _at(self, row: int) -> tuple[Group, int]:
        self._count_rows()
        index = bisect_right(self._starts, row) - 1
        return self._groups[index], row - self._starts[index]

    def number(self, row: int) -> int | None:
        group, offset = self._at(row)
        if not group.key:
            return group.numbers[offset]
        return group.numbers[offset - 1] if offset else None

    def heading(self, row: int) -> Group | None:
        group, offset = self._at(row)
        return group if group.key and not offset else None

    def row_of(self, number: int, group: str) -> int:
        self._count_rows()
        index = self._index.get(group) if group else self._between(number)
        if index is None or index < 0:
            index = bisect_left(self._firsts, number)
            row = self._starts[index] if index < len(self._starts) else self._count - 1
            return max(0, row)
        found = self._groups[index]
        at = bisect_right(found.numbers, number) - 1
        heading = 1 if found.key else 0
        return max(0, min(self._starts[index] + max(0, at + heading), self._count - 1))

    def _between(self, number: int) -> int:
        """The index of the group of a line that belongs to none."""
        # Such lines are added to the last group only, so that its first line tells; but a group
        # whose oldest lines were dropped stands behind those that went on with later ones.
        last = bisect_right(self._firsts, number) - 1
        for index in range(last, -1, -1):
            group = self._groups[index]
            if not group.key:
                return index if group.numbers and group.numbers[-1] >= number else last
        return last

    def in_order(self) -> Iterator[int]:
        """The numbers of all lines, those that headings stand for in their places."""
        for group in self._groups:
            yield from sorted([*group.framing, *group.numbers])

    def add(self, number: int, group: str, *, framing: bool, passes: bool) -> None:
        if not passes and not framing:
            return
        if framing and not group:
            return  # what frames nothing is noise
        index = self._place(number, group)
        changed = self._groups[index]
        (changed.framing if framing else changed.numbers).append(number)
        changed.passes = changed.passes or (framing and passes)
        self._moved(index)

    def add_all(self, numbers: range, group: str) -> None:
        index = self._place(numbers[0], group)
        self._groups[index].numbers.extend(numbers)
        self._moved(index)

    def _place(self, number: int, group: str) -> int:
        """The index of a group, which begins with `number` if it is new. Lines of no group come
        below each other until a group begins."""
        if group:
            index = self._index.get(group)
        else:
            last = len(self._groups) - 1
            index = last if last >= 0 and not self._groups[last].key else None
        if index is None:
            index = len(self._groups)
            self._groups.append(Group(group, number))
            self._firsts.append(number)
            if group:
                self._index[group] = index
        return index

    def _moved(self, index: int) -> None:
        """A group has other lines: the rows after it have moved."""
        changed = self._groups[index]
        if len(self._starts) > index + 1:
            del self._starts[index + 1 :]
        if len(self._starts) == len(self._groups):
            self._count = self._starts[index] + len(changed)

    def drop(self, first: int) -> None:
        groups = self._groups
        for group in groups[: bisect_left(self._firsts, first)]:
            del group.numbers[: bisect_left(group.numbers, first)]
            del group.framing[: bisect_left(group.framing, first)]
            group.first = min([*group.numbers[:1], *group.framing[:1]], default=first)
        self._groups = [group for group in groups if group.numbers or group.framing]
        self._groups.sort(key=_first)
        self._firsts = [group.first for group in self._groups]
        self._index = {group.key: i for i, group in enumerate(self._groups) if group.key}
        self._starts, self._count = [], 0


def _first(group: Group) -> int:
    return group.first
