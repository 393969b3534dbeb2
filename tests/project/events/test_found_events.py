"""Events in log lines and in what was copied."""

from __future__ import annotations

import json

import pytest

from workbench.project.events.found import describe, event_in, events_in_lines
from workbench.samples import find


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ('{"a": 1.0}', '{"a": 1.0}'),
        ('[INFO]\t2026-12-01T09:30:00Z\t8f5e\tevent: {"a": 1} done', '{"a": 1}'),
        ("Received {'a': None, 'b': [True, 'it\\'s']}", '{"a": null, "b": [true, "it\'s"]}'),
        ('{"level": "INFO", "message": {"a": 1}}', '{"a": 1}'),
        ('{"timestamp": "x", "message": "got {\\"a\\": 1}"}', '{"a": 1}'),
        ('{"timestamp": "x", "message": "plain"}', '{"timestamp": "x", "message": "plain"}'),
        (" {} ", "{}"),
        ("aws lambda invoke --payload '{\"a\": 1}' out", '{"a": 1}'),
    ],
)
def test_an_event_in_a_text(text: str, event: str) -> None:
    assert event_in(text) == event


@pytest.mark.parametrize("text", ["", "START RequestId: 1", "see [] and {}", "f{x}", "'[" * 3000])
def test_no_event(text: str) -> None:
    assert event_in(text) is None


def test_events_of_several_lines_are_found_once() -> None:
    event = {"Records": [{"a": 1}, {"b": {"c": [1, 2]}}]}
    lines = ["START", *json.dumps(event, indent=2).splitlines(), '{"x": 1}', "END {", "REPORT"]
    found = list(events_in_lines(lines))
    assert [(each.line, json.loads(each.text)) for each in found] == [
        (1, event),
        (len(lines) - 3, {"x": 1}),
    ]


def test_events_in_a_few_words() -> None:
    assert describe(find("function-url").render()) == "POST /orders/42"
    assert describe(find("apigateway-rest-proxy").render()).startswith("POST /")
    assert describe(find("sqs-batch").render()) == "aws:sqs · 3 records"
    assert describe(find("scheduler").render()).startswith("aws.scheduler · ")
    assert describe(find("cloudfront-viewer-request-body").render()).startswith("POST /")
    assert describe({"requestContext": {}}) == describe({"Records": [1]}) == describe([]) == ""
