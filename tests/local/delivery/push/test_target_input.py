"""What targets of rules get."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.local.delivery.push.targets.input import target_input

EVENT = {
    "version": "0",
    "detail-type": "order",
    "time": "2026-01-01T00:00:00Z",
    "detail": {"items": [{"id": "a"}], "n": 1, "flag": True, "who": 'A "B"'},
}


def transformed(template: str, **paths: str) -> Any:
    transformer = {"InputTransformer": {"InputTemplate": template, "InputPathsMap": paths}}
    return target_input(transformer, EVENT, "r", "arn:r")


def test_without_anything_it_is_the_event() -> None:
    assert target_input({}, EVENT, "r", "arn:r") == EVENT


@pytest.mark.parametrize(("text", "value"), [('{"a": 1}', {"a": 1}), ('"a"', "a"), ("3", 3)])
def test_input_is_a_constant(text: str, value: Any) -> None:
    assert target_input({"Input": text}, EVENT, "r", "arn:r") == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.detail.n", 1),
        ("$.detail.items[0].id", "a"),
        ("$.detail-type", "order"),
        ("$['detail-type']", "order"),
        ("$.detail.nothing", {}),
    ],
)
def test_input_path_is_a_part_of_it(path: str, value: Any) -> None:
    assert target_input({"InputPath": path}, EVENT, "r", "arn:r") == value


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ('{"n": <n>, "f": <f>, "items": <items>}', {"n": 1, "f": True, "items": [{"id": "a"}]}),
        ('{"text": "<n> of <who>"}', {"text": '1 of A "B"'}),
        ('{"text": "\\"<n>\\""}', {"text": '"1"'}),
        ('"<who> ordered"', 'A "B" ordered'),
        ('{"none": <none>, "too": "<none>"}', {"none": "", "too": ""}),
        ('{"all": <aws.events.event.json>}', {"all": EVENT}),
        ('{"rule": "<aws.events.rule-name>", "arn": <aws.events.rule-arn>}',
         {"rule": "r", "arn": "arn:r"}),
        ('{"at": <aws.events.event.ingestion-time>}', {"at": "2026-01-01T00:00:00Z"}),
        ("plain <n>", "plain 1"),
    ],
)  # fmt: skip
def test_a_transformer_fills_a_template(template: str, value: Any) -> None:
    paths = {"n": "$.detail.n", "f": "$.detail.flag", "who": "$.detail.who",
             "items": "$.detail.items", "none": "$.detail.none"}  # fmt: skip
    assert transformed(template, **paths) == value
