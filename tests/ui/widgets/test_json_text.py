"""Layout, formatting and faults of JSON texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ui.widgets.json_fault import json_fault
from workbench.ui.widgets.json_text import Layout, format_json, is_json
from workbench.ui.widgets.layout_process import lay_out

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 0, 1, 4]))
def test_formats_as_json_dumps_does(value: object, indent: int | None) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
        assert format_json(text) == json.dumps(value, indent=2, ensure_ascii=ascii_only)


@pytest.mark.parametrize("text", ["[", "]", "{,", "a[b"])
def test_brackets_in_a_text_are_text(text: str) -> None:
    """Alone, and where a text goes on beyond the chunk that is read at once."""
    assert format_json(json.dumps(text)) == json.dumps(text)
    long = ["x" * (256 * 1024 - 10), (text + " ") * 100]
    assert format_json(json.dumps(long)) == json.dumps(long, indent=2)


def test_keeps_numbers_order_and_duplicates_as_written() -> None:
    text = '{"b":1.50,"a":12345678901234567890123,"b":1E5}'
    assert format_json(text) == ('{\n  "b": 1.50,\n  "a": 12345678901234567890123,\n  "b": 1E5\n}')


def test_mends_white_space_anywhere() -> None:
    text = ' { "a" :\n1 ,"b": [ ] , "c" : [ "x , y" , { } ] } '
    assert format_json(text) == json.dumps({"a": 1, "b": [], "c": ["x , y", {}]}, indent=2)


@given(VALUES)
def test_a_layout_travels_between_processes(value: object) -> None:
    text = json.dumps(value)
    layout = Layout(text)
    copy = Layout.unpack(text, layout.pack())
    assert [copy.line(row) for row in range(len(copy))] == format_json(text).split("\n")
    assert copy.longest == layout.longest
    assert copy.path(len(copy) // 2) == layout.path(len(layout) // 2)


@pytest.mark.parametrize("text", ['[1,"\ud800 日本"]', "[1,", "[" * 100_000])
def test_lays_out_in_another_process_as_here(text: str) -> None:
    layout = lay_out(text)
    assert (layout is not None) == is_json(text)
    if layout is not None:
        assert layout.line(2) == '  "\ud800 日本"'


def test_paths_and_values() -> None:
    layout = Layout('{"a":[1,{"b c":2},[]],"d":{"e":[{"f":1}]}}')
    lines = {layout.line(row).strip(): row for row in range(len(layout))}
    assert layout.path(lines['"b c": 2']) == '$.a[1]["b c"]'
    assert layout.path(lines['"f": 1']) == "$.d.e[0].f"
    assert layout.value(lines['"e": [']) == '[{"f":1}]'
    assert layout.path(lines["],"]) == "$.a"
    assert layout.value(len(layout) - 1) == layout.text


@given(VALUES)
def test_what_is_json_has_no_fault(value: object) -> None:
    assert json_fault(json.dumps(value)) is None


@given(st.text(alphabet="{}[]\":,'0a1tnrue \n\\/#-.", max_size=30))
def test_any_text_is_judged_as_the_parser_does(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        fault = json_fault(text)
        assert fault is not None
        assert 1 <= fault.line <= text.count("\n") + 1
        assert fault.column >= 1
        assert fault.message
    else:
        assert json_fault(text) is None


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('{\n "a": 1\n "b": 2\n}', (3, 2), "expected a comma between members"),
        ('{"a":1,}', (1, 7), "a comma without a member after it: remove the comma"),
        ("{a:1}", (1, 2), 'put the name in double quotes: "a"'),
        ("{'a':1}", (1, 2), "single quotes: put the name in double quotes"),
        ("[1,2,]", (1, 5), "a comma without a value after it: remove the comma"),
        ('{"a":True}', (1, 6), "write true, not True"),
        ('{"a":NaN}', (1, 6), "NaN is no JSON number: use null, or put it in double quotes"),
        ('{"a":[1,2}', (1, 10), "expected ] to close the array, not }"),
        ('{\n"a":1', (2, 6), "the object opened in line 1 is not closed: add }"),
        ("", (1, 1), "expected a value, for example {}"),
        ("// x\n{}", (1, 1), "JSON has no comments: remove it"),
        ('{"a":01}', (1, 7), "a number cannot start with 0: remove the 0, or use double quotes"),
    ],
)
def test_faults_in_words(text: str, where: tuple[int, int], message: str) -> None:
    fault = json_fault(text)
    assert fault is not None
    assert ((fault.line, fault.column), fault.message) == (where, message)
