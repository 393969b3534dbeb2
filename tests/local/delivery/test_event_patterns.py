"""Event patterns and filter criteria: which events match, which patterns are refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.local.delivery.event_patterns import InvalidPattern, compile_object, compile_pattern
from workbench.local.delivery.filter_criteria import FilterCriteria


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ({"a": ["x", 1, None, True]}, [{"a": "x"}, {"a": 1.0}, {"a": None}, {"a": True}],
         [{"a": "X"}, {"a": 2}, {}, {"a": False}, {"a": "1"}]),
        ({"a": [""]}, [{"a": ""}], [{"a": "x"}, {}]),
        ({"a": [1]}, [{"a": 1}], [{"a": True}, {"a": "1"}]),
        ({"a": ["x"], "b": [1]}, [{"a": "x", "b": 1}], [{"a": "x"}, {"b": 1}]),
        ({"a": ["x"]}, [{"a": ["y", "x"]}], [{"a": []}, {"a": {"x": 1}}]),
        ({"a": {"b": [1]}}, [{"a": {"b": 1}}, {"a": [{"b": 2}, {"b": 1}]}], [{"a": 1}, {}]),
        ({"a": {"b": [1], "c": [2]}}, [{"a": [{"b": 1, "c": 2}]}], [{"a": [{"b": 1}, {"c": 2}]}]),
        ({"a": [{"exists": True}]}, [{"a": 0}, {"a": None}], [{}, {"a": {"b": 1}}, {"a": []}]),
        ({"a": [{"exists": False}]}, [{}, {"a": {"b": 1}}], [{"a": 0}]),
        ({"a": {"b": [{"exists": False}]}}, [{}, {"a": {}}], [{"a": {"b": 1}}]),
        ({"a": [{"exists": False}, 0]}, [{}, {"a": 0}], [{"a": 1}]),
        ({"a": [{"prefix": "re"}]}, [{"a": "red"}], [{"a": "bred"}, {"a": 3}]),
        ({"a": [{"prefix": {"equals-ignore-case": "RE"}}]}, [{"a": "red"}], [{"a": "bred"}]),
        ({"a": [{"suffix": ".png"}]}, [{"a": "a.png"}], [{"a": "a.PNG"}]),
        ({"a": [{"equals-ignore-case": "Red"}]}, [{"a": "rED"}], [{"a": "re"}, {}]),
        ({"a": [{"anything-but": ["x", 1]}]}, [{"a": "y"}, {"a": None}], [{"a": 1}, {}]),
        ({"a": [{"anything-but": "x"}]}, [{"a": "y"}], [{"a": "x"}]),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, [{"a": "yx"}], [{"a": "xy"}, {}]),
        ({"a": [{"anything-but": {"suffix": ["x", "y"]}}]}, [{"a": "yz"}], [{"a": "xy"}]),
        ({"a": [{"numeric": ["=", 3]}]}, [{"a": 3}, {"a": 3.0}], [{"a": "3"}, {"a": True}]),
        ({"a": [{"numeric": [">", 1, "<=", 5]}]}, [{"a": 1.1}, {"a": 5}], [{"a": 1}, {"a": 6}]),
        ({"a": [{"wildcard": "a*c.*"}]}, [{"a": "abc.d"}, {"a": "ac."}], [{"a": "abcd"}]),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, [{"a": "10.0.0.9"}], [{"a": "10.0.1.9"}, {"a": "x"}]),
        ({"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}, [{"a": 1, "c": 3}, {"b": 2, "c": 3}],
         [{"a": 1}, {"c": 3}]),
        ({"a": {"$or": [{"b": [1]}, {"c": [2]}]}}, [{"a": {"c": 2}}], [{"c": 2}]),
        ({}, [{}, {"a": 1}], []),
    ],
)  # fmt: skip
def test_matching(pattern: Any, matching: list[Any], other: list[Any]) -> None:
    predicate = compile_pattern(json.dumps(pattern))
    assert [predicate(event) for event in matching] == [True] * len(matching)
    assert [predicate(event) for event in other] == [False] * len(other)


@pytest.mark.parametrize(
    "pattern",
    [
        "", "null", '"text"', "[]", "{", '{"a": "x"}', '{"a": []}', '{"a": {}}', '{"a": [[1]]}',
        '{"a": [{}]}', '{"a": [{"prefix": "x", "suffix": "y"}]}', '{"a": [{"no-such": 1}]}',
        '{"a": [{"prefix": 1}]}', '{"a": [{"exists": "yes"}]}', '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": ["!", 1]}]}', '{"a": [{"numeric": [">", "1"]}]}',
        '{"a": [{"numeric": ["<", 1, ">", 0]}]}', '{"a": [{"numeric": [">", 5, "<", 1]}]}',
        '{"a": [{"anything-but": []}]}', '{"a": [{"anything-but": {"exists": true}}]}',
        '{"a": [{"cidr": "not an address"}]}', '{"a": [{"wildcard": "a**b"}]}', "[" * 100_000,
        '{"a": ' * 500 + '{"a": [1]}' + "}" * 500,
    ],
)  # fmt: skip
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        compile_pattern(pattern)


scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=12,
)
events = st.dictionaries(st.sampled_from("abc"), json_values)
patterns = st.recursive(
    st.lists(scalars | st.just({"exists": True}) | st.just({"exists": False}), min_size=1),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from("abc"), patterns, min_size=1), events)
def test_alternatives_are_one_or_the_other(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    holds = compile_object(pattern)(event)
    never = {"a": [{"prefix": "never"}]}
    assert compile_object({"$or": [pattern, never]})(event) == holds
    assert compile_object({"$or": [pattern, pattern]})(event) == holds


@given(events)
def test_a_pattern_made_from_an_event_matches_it(event: dict[str, Any]) -> None:
    def exact(value: Any) -> Any:
        if isinstance(value, dict):
            made = {name: exact(item) for name, item in value.items()}
            return {name: item for name, item in made.items() if item} or None
        return [value] if not isinstance(value, list) else None

    assert compile_object(exact(event) or {})(event)


@given(json_values)
def test_any_json_is_a_pattern_or_refused(value: Any) -> None:
    try:
        predicate = compile_pattern(json.dumps(value))
    except InvalidPattern:
        return
    assert predicate({"a": 1}) in (True, False)


def matching(source: str, pattern: Any, record: Any) -> bool:
    return FilterCriteria(source, [json.dumps(pattern)]).matches(record)


def test_sqs_bodies_are_json_or_text() -> None:
    as_json = {"body": {"color": ["red"]}}
    assert matching("sqs", as_json, {"body": '{"color": "red"}'})
    assert not matching("sqs", as_json, {"body": '{"color": "blue"}'})
    assert not matching("sqs", as_json, {"body": "red"})
    assert not matching("sqs", {"body": {"color": [{"exists": False}]}}, {"body": "red"})
    assert matching("sqs", {"body": ["red"]}, {"body": "red"})
    assert not matching("sqs", {"body": ["red"]}, {"body": '{"color": "red"}'})
    assert matching("sqs", {"messageId": ["1"]}, {"body": "red", "messageId": "1"})


def test_kinesis_data_and_metadata() -> None:
    def record(data: bytes) -> dict[str, Any]:
        fields = {"partitionKey": "k", "data": base64.b64encode(data).decode()}
        return {"kinesis": fields, "eventSource": "aws:kinesis"}

    assert matching("kinesis", {"data": {"n": [1]}}, record(b'{"n": 1}'))
    assert not matching("kinesis", {"data": {"n": [1]}}, record(b"plain"))
    assert matching("kinesis", {"data": [{"prefix": "pl"}]}, record(b"plain"))
    assert matching("kinesis", {"partitionKey": ["k"]}, record(b"\xff\xfe"))
    assert matching("kinesis", {"kinesis": {"partitionKey": ["k"]}}, record(b""))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"S": ["blue"]}, True),
        (["blue"], False),  # without the type letter
        ([{"exists": True}], False),
        ([{"exists": False}], True),
        ({"S": [{"exists": True}]}, True),
        ({"N": [{"numeric": [">", 1]}]}, False),
    ],
)
def test_dynamodb_attributes_have_type_letters(rule: Any, expected: bool) -> None:
    record = {"eventName": "INSERT", "dynamodb": {"NewImage": {"color": {"S": "blue"}}}}
    assert matching("dynamodb", {"dynamodb": {"NewImage": {"color": rule}}}, record) is expected


def test_one_filter_of_several_is_enough_and_none_lets_everything_pass() -> None:
    several = FilterCriteria("sqs", ['{"body": ["a"]}', '{"body": ["b"]}'])
    assert [several.matches({"body": text}) for text in ("a", "b", "c")] == [True, True, False]
    assert FilterCriteria("sqs", []).matches({"body": "c"})
