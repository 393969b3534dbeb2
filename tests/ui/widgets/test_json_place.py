"""Where in a JSON text the cursor is, also while it is being written."""

from __future__ import annotations

import pytest

from workbench.ui.widgets.json_place import place_at, scan, written


def at(marked: str) -> tuple[str, str, str]:
    """The place of the | in a text: path, role, what is typed."""
    offset = marked.index("|")
    place = place_at(marked.replace("|", ""), offset)
    return written(place.path), place.role, place.typed


@pytest.mark.parametrize(
    ("marked", "path", "role", "typed"),
    [
        ("|", "$", "value", ""),
        ("{|}", "$", "key", ""),
        ('{"Rec|', "$.Rec", "key", "Rec"),
        ('{"Rec|ords": []}', "$.Records", "key", "Rec"),
        ('{"Records": [|]}', "$.Records[0]", "value", ""),
        ('{"Records": [{"a": 1}, {"s3": {"bu|', "$.Records[1].s3.bu", "key", "bu"),
        ('{"a b": {"c": tr|}}', '$["a b"].c', "value", "tr"),
        ('{"a": "x", "b": "hal|\n  "c": 1}', "$.b", "value", "hal"),
        ('{"a": 1|, "b": 2}', "$.a", "value", "1"),
        ('{"a": {"b": 1}|}', "$.a", "none", ""),
        ('{"a": {"b": 1},|}', "$", "key", ""),
        ('{"a": [[1, 2], [3, |4]]}', "$.a[1][1]", "value", ""),
        ('{"a": "x"|}', "$.a", "none", ""),
        ('{"a":|', "$.a", "value", ""),
        ("}} ]|", "$", "value", ""),
        ('{"a": 1 "b|', "$.b", "key", "b"),
    ],
)
def test_places(marked: str, path: str, role: str, typed: str) -> None:
    assert at(marked) == (path, role, typed)


def test_a_scan_knows_the_members_of_the_whole_text() -> None:
    text = '{"a": {"x": 1, "" "y": 2}, "b": [{"c": 1}]}'
    found = scan(text, text.index('""') + 1)
    assert found.siblings == {"x", "y"}
    assert {("a",), ("a", "x"), ("a", "y"), ("b",), ("b", 0, "c")} <= found.paths
    assert found.place.role == "key"
    assert (found.place.start, found.place.end) == (15, 17)
