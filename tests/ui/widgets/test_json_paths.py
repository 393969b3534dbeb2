"""Ignored paths, and comparisons that leave them out."""

from __future__ import annotations

import json

import pytest

from workbench.ui.widgets.diff_view import _compared
from workbench.ui.widgets.json_paths import IGNORED, is_volatile, path_at, path_fault, without
from workbench.ui.widgets.line_diff import comparable, same

ANSWER = {"id": 7, "Records": [{"at": 1, "a b": {"id": 2}}, {"at": 3}]}


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("$.id", {"id": "-", "Records": [{"at": 1, "a b": {"id": 2}}, {"at": 3}]}),
        ("$.Records[*].at", {"id": 7, "Records": [{"at": "-", "a b": {"id": 2}}, {"at": "-"}]}),
        ("$.Records[1].at", {"id": 7, "Records": [{"at": 1, "a b": {"id": 2}}, {"at": "-"}]}),
        ("$..id", {"id": "-", "Records": [{"at": 1, "a b": {"id": "-"}}, {"at": 3}]}),
        ('$.*[0]["a b"]', {"id": 7, "Records": [{"at": 1, "a b": "-"}, {"at": 3}]}),
        ("$.nowhere[3].at", ANSWER),
    ],
)
def test_a_path_says_what_is_left_out(path: str, left: object) -> None:
    assert path_fault(path) is None
    marked = without(json.loads(json.dumps(ANSWER)), [path])
    assert json.loads(json.dumps(marked, default=lambda value: "-")) == left


@pytest.mark.parametrize("path", ["Records", "$", "$.a..", "$[x]", "$.a[", '$["a'])
def test_a_wrong_path_is_told_in_words_and_ignores_nothing(path: str) -> None:
    assert path_fault(path)
    assert without({"a": 1}, [path]) == {"a": 1}


def test_every_line_has_the_path_that_ignores_it() -> None:
    text = json.dumps(ANSWER)
    lines, _ = comparable(text, text)
    paths = {path for index in range(len(lines)) if (path := path_at(lines, index))}
    assert paths == {
        "$.id", "$.Records", "$.Records[*]", "$.Records[*].at", '$.Records[*]["a b"]',
        '$.Records[*]["a b"].id',
    }  # fmt: skip
    for path in paths:
        marked = comparable(text, text, [path])[0]
        assert sum(line.endswith(str(IGNORED)) for line in marked) in (1, 2)
    assert path_at(["plain", "  text"], 1) is None


def test_what_is_ignored_makes_no_difference() -> None:
    old = '{"at": "2026-01-01T00:00:00Z", "n": [1, {"id": 5}]}'
    new = '{"n": [1, {"id": 6}], "at": "2026-02-02T00:00:00Z"}'
    assert not same(old, new)
    assert same(old, new, ["$.at", "$..id"])
    assert not same(old, new, ["$.at"])
    assert not same('{"n": 1}', '{"n": "1"}')
    assert _compared(old, new, ("a", "b"), ["$.at", "$..id"])[1:] == (0, 0)


def test_json_in_a_text_is_compared_as_json() -> None:
    def answer(total: int, *order: str) -> str:
        inner = json.dumps({"Message": json.dumps({"at": total})})
        body = json.dumps({name: {"total": total, "of": 2.50}[name] for name in order})
        return json.dumps({"statusCode": 200, "body": body, "sqs": [inner], "log": "[INFO] {"})

    old, new = answer(1, "total", "of"), answer(2, "of", "total")
    old_lines, new_lines = comparable(old, new)
    changed = [(a, b) for a, b in zip(old_lines, new_lines, strict=True) if a != b]
    assert changed == [('    "total": 1', '    "total": 2'), ('        "at": 1', '        "at": 2')]
    assert '  "body": JSON in a text: {' in old_lines
    paths = [path_at(new_lines, new_lines.index(line)) for _, line in changed]
    assert paths == ["$.body.total", "$.sqs[*].Message.at"]
    assert same(old, new, [path for path in paths if path])
    assert same(answer(1, "total", "of"), answer(1, "of", "total"))
    assert comparable('["{}"]', '["[1"]')[0] == ["[", '  "{}"', "]"]


def test_parts_that_are_the_same_are_taken_over_line_by_line() -> None:
    part = {"deep": [1, [2.50, {}], "x"], "empty": []}
    old, new = json.dumps([part, 1, part]), json.dumps([part, 2, part])
    old_lines, new_lines = comparable(old, new)
    assert [line for line in new_lines if line not in old_lines] == ["  2"]
    assert len(old_lines) == len(new_lines)


@pytest.mark.parametrize(
    "line",
    ['"at": "2026-01-01T10:00:00.123Z"', '"4f6e1d5c-0c77-4b7e-9b57-2f1f3a4b5c6d"',
     '"time": 1767225600', '"01ARZ3NDEKTSV4RRFFQ69G5FAV"'],
)  # fmt: skip
def test_times_and_ids_are_recognised(line: str) -> None:
    assert is_volatile(f"    {line}")
    assert not is_volatile('    "name": "2026 was a good year"')
