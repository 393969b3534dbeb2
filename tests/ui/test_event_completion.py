"""What is offered while an event is written, and what taking it does to the text."""

from __future__ import annotations

from workbench.project.events.shape import Example, sample_examples
from workbench.ui.panes.event_completion import Suggestion, suggestions

OWN = Example("mine", ({"order": {"id": 7, "tags": ["a"]}, "word": "one"},), own=True)


def offered(marked: str, *examples: Example) -> list[Suggestion]:
    offset = marked.index("|")
    return suggestions(marked.replace("|", ""), offset, examples or sample_examples())


def taken(marked: str, name: str, *examples: Example) -> str:
    text = marked.replace("|", "")
    edit = next(each.edit for each in offered(marked, *examples) if each.name == name)
    text = text[: edit.start] + edit.text + text[edit.end :]
    if edit.comma_after is not None:
        text = f"{text[: edit.comma_after]},{text[edit.comma_after :]}"
    return text


def names(marked: str, *examples: Example) -> list[str]:
    return [each.name for each in offered(marked, *examples)]


def test_members_come_from_events_that_are_alike() -> None:
    s3 = '{"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "a"}, "obj|"}}]}'
    assert names(s3) == ["object"]
    assert names('{"Records": [{"messageId": "1", "body": "x", |}]}')[:1] == ["receiptHandle"]
    assert "body" not in names('{"Records": [{"messageId": "1", "body": "x", |}]}')


def test_a_name_brings_its_value_or_the_choice_of_one() -> None:
    assert taken('{"order": {"|"}}', "id", OWN) == '{"order": {"id": 7}}'
    assert taken('{\n  "wo|\n}', "word", OWN) == '{\n  "word": "one"\n}'
    assert taken('{"wo|": 1}', "word", OWN) == '{"word": 1}', "a member that has a value keeps it"
    assert taken('{"|" "order": {}}', "word", OWN) == '{"word": "one", "order": {}}'
    assert taken('{"order": {}\n "wo|}', "word", OWN) == '{"order": {},\n "word": "one"}'
    assert offered('{"ord|', OWN)[0].edit.again, "a container's value is chosen next"


def test_values_come_with_every_choice_a_sample_has() -> None:
    event = '{"Records": [{"eventSource": "aws:s3", "s3": {}, "eventName": "Obj|"}]}'
    assert {"ObjectCreated:Put", "ObjectRemoved:Delete"} <= set(names(event))
    text = taken('{\n  "order": |\n}', "{ id, tags }", OWN)
    assert text == '{\n  "order": {\n    "id": 7,\n    "tags": [\n      "a"\n    ]\n  }\n}'


def test_braces_offer_what_is_made_at_each_invocation() -> None:
    assert taken('{"id": "{{uu|"}', "{{uuid}}") == '{"id": "{{uuid}}"}'
    assert taken('{"id": "{{ fi|}}"}', "{{file}}") == '{"id": "{{ file:}}"}'
    assert "{{counter}}" in names('"{{|')


def test_a_new_event_is_offered_what_events_begin_with() -> None:
    assert "Records" in names("{|}")
    assert names("{|}", OWN, *sample_examples())[:2] == ["order", "word"], "the own events first"
    assert names('{"a": 1|}') == []
