"""The lines of a LogView: rows in the order of arrival or by group, filters, search, bounds."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from workbench.ui.widgets.log_store import LogLine, LogStore
from workbench.ui.widgets.log_text import folded


def line(text: str, group: str = "", *, framing: bool = False) -> LogLine:
    return LogLine(1, text, group=group, framing=framing)


def store_of(*lines: LogLine, max_lines: int = 1_000) -> LogStore:
    store = LogStore(max_lines)
    store.add(lines)
    settle(store)
    return store


def settle(store: LogStore) -> None:
    while store.is_behind:
        store.take()


def shown(store: LogStore) -> list[str]:
    """The rows' texts, headings in brackets."""
    rows = []
    for row in range(store.row_count):
        found = store.line(row)
        rows.append(found.text if found else f"[{store.framing(row)[0].group}]")
    return rows


TWO = (
    line("outside"),
    line("START a", "a", framing=True),
    line("a1", "a"),
    line("START b", "b", framing=True),
    line("b1", "b"),
    line("a2", "a"),
    line("noise", framing=True),
    line("END b", "b", framing=True),
    line("b late", "b"),
)


def test_lines_of_a_group_stand_together_under_its_heading() -> None:
    store = store_of(*TWO)
    assert shown(store) == [each.text for each in TWO]
    store.group(True)
    assert shown(store) == ["outside", "[a]", "a1", "a2", "[b]", "b1", "b late"]
    assert [each.text for each in store.framing(4)] == ["START b", "END b"]
    assert store.last_of_group("b") == 4
    assert store.last_of_group("c") is None
    in_order = [each.text for each in store.snapshot()]
    assert in_order == ["outside", "START a", "a1", "a2", "START b", "b1", "END b", "b late"]


def test_thousands_of_lines_of_a_group_stand_under_its_heading_too() -> None:
    texts = [str(number) for number in range(1_400)]
    store = store_of(*(line(text, "a" if int(text) < 900 else "b") for text in texts),
                     max_lines=2_000)  # fmt: skip
    store.group(True)
    settle(store)
    assert shown(store) == ["[a]", *texts[:900], "[b]", *texts[900:]]


def test_headings_go_with_the_lines_a_filter_leaves() -> None:
    store = store_of(*TWO)
    store.group(True)
    store.keep(lambda each: each.text in ("a2", "END b"))
    assert shown(store) == ["[a]", "a2", "[b]"]  # what frames b passed
    store.hide("a2")
    assert shown(store) == ["[b]"]
    store.hide("")
    store.keep(None)
    assert len(shown(store)) == 7


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans()), max_size=40),
       st.integers(5, 50))  # fmt: skip
@example([("a", False), *[("", False)] * 4, ("a", False), *[("", False)] * 2], 7)
def test_rows_and_numbers_lead_to_each_other(told: list[tuple[str, bool]], max_lines: int) -> None:
    store = LogStore(max_lines)
    store.group(True)
    for number, (group, framing) in enumerate(told):
        store.add([line(str(number), group, framing=framing)])
        settle(store)
    for row in range(store.row_count):
        number = store.number(row)
        assert number is not None
        found = store.line(row)
        if found is not None:
            assert store.row_of(number) == row
            assert store.line_of(number) == found
    texts = [text for text in shown(store) if not text.startswith("[")]
    expected = [each.text for each in store.lines() if not each.framing]
    assert sorted(texts) == sorted(expected)


def test_a_search_goes_on_in_pieces_and_wraps() -> None:
    store = store_of(*(line(f"line {n}") for n in range(2_000)), max_lines=3_000)
    steps = list(store.search("line 3", False, 1_000, 1))
    assert steps[-1] == 3
    assert len(steps) > 1, "it let others have their turn"
    assert list(store.search("line 1999", False, 10, -1))[-1] == 1_999
    assert set(store.search("nowhere", False, 10, 1)) == {None}
    store.group(True)
    assert list(store.search("line 7", False, 0, 1))[-1] == 7


def test_what_waits_is_bounded_too() -> None:
    store = LogStore(100)
    for start in range(0, 1_000, 50):
        store.add([line(str(n)) for n in range(start, start + 50)])
    assert store.waiting <= 150
    settle(store)
    assert store.row_count <= 110
    assert shown(store)[-1] == "999"


def test_json_lines_are_folded_to_their_message() -> None:
    told = {"level": "WARN", "message": "low stock", "item": 7}
    assert folded(json.dumps(told)) == ("WARN low stock", "{+2}")
    assert folded('{"msg": {"a": 1}}') == ('{"a": 1}', "{+0}")
    for other in ("plain", "{not json}", '{"a": 1}', "[1]"):
        assert folded(other) is None
