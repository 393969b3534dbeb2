"""The line diff is right for any texts, and JSON is compared by structure."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from workbench.ui.widgets.line_diff import comparable, diff_lines

LINES = st.lists(st.sampled_from("abcdefgh{}"), max_size=40)


@given(LINES, LINES)
def test_spans_cover_both_and_equal_ones_are_equal(old: list[str], new: list[str]) -> None:
    old_at = new_at = 0
    for span in diff_lines(old, new):
        assert (span.old_start, span.new_start) == (old_at, new_at)
        old_at, new_at = span.old_end, span.new_end
        left, right = old[span.old_start : span.old_end], new[span.new_start : span.new_end]
        assert (left == right) == span.equal
    assert (old_at, new_at) == (len(old), len(new))


def test_order_of_members_and_last_commas_do_not_count() -> None:
    old, new = comparable('{"a": 1, "b": [1]}', '{"b":[1],"a":1}')
    assert old == new
    old, new = comparable('{"a": 1}', '{"a": 1, "b": 2}')
    assert [line for line in new if line not in old] == ['  "b": 2']


def test_numbers_are_compared_as_written() -> None:
    old, new = comparable("[1.0]", "[1]")
    assert old != new


def test_texts_are_compared_by_their_lines() -> None:
    assert comparable("a\nb", "a\nc") == (["a", "b"], ["a", "c"])


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_a_value_equals_itself(value: dict[str, object]) -> None:
    old, new = comparable(json.dumps(value), json.dumps(value, indent=4))
    assert old == new
