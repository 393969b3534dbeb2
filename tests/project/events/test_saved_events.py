"""Saved events: files a person can read, rename and commit."""

from pathlib import Path

import pytest

from workbench.project.events.saved import SavedEventError, SavedEvents


def test_saved_text_comes_back_byte_for_byte(tmp_path: Path) -> None:
    events = SavedEvents(tmp_path)
    text = '{ "name":\r\n\t"Zoë" }'
    path = events.save("Hello", "first try", text)
    assert path == tmp_path / "events" / "Hello" / "first try.json"
    assert path.read_bytes() == text.encode()
    assert events.load("Hello", "first try") == text
    assert [p.name for p in path.parent.iterdir()] == ["first try.json"]


def test_half_written_json_is_kept(tmp_path: Path) -> None:
    events = SavedEvents(tmp_path)
    events.save("Hello", "broken", '{"a": ')
    assert events.load("Hello", "broken") == '{"a": '


def test_names_lists_own_events_then_shared_ones(tmp_path: Path) -> None:
    events = SavedEvents(tmp_path)
    assert events.names("Hello") == ()
    events.save("Hello", "b", "1")
    events.save("Hello", "A", "1")
    events.save("Other", "elsewhere", "1")
    (tmp_path / "events" / "event.json").write_text("{}")
    (tmp_path / "events" / "b.json").write_text('"shared"')
    (tmp_path / "events" / "notes.txt").write_text("")
    assert events.names("Hello") == ("A", "b", "event")
    assert events.load("Hello", "b") == "1"
    assert events.load("Other", "b") == '"shared"'
    assert events.is_shared("Hello", "event")
    assert not events.is_shared("Hello", "b")


def test_saving_a_shared_event_makes_it_the_functions_own(tmp_path: Path) -> None:
    events = SavedEvents(tmp_path)
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "event.json").write_text("{}")
    events.save("Hello", "event", "[]")
    assert events.load("Hello", "event") == "[]"
    assert (tmp_path / "events" / "event.json").read_text() == "{}"


def test_delete_and_rename(tmp_path: Path) -> None:
    events = SavedEvents(tmp_path)
    events.save("Hello", "one", "1")
    events.save("Hello", "two", "2")
    with pytest.raises(SavedEventError, match="already has a saved event “two”"):
        events.rename("Hello", "one", "two")
    events.rename("Hello", "one", "three")
    assert events.names("Hello") == ("three", "two")
    events.delete("Hello", "two")
    assert events.names("Hello") == ("three",)
    with pytest.raises(SavedEventError, match="no saved event “two”"):
        events.delete("Hello", "two")
    with pytest.raises(SavedEventError, match="no saved event “two”"):
        events.load("Hello", "two")


def test_a_shared_event_is_not_deleted_for_one_function(tmp_path: Path) -> None:
    events = SavedEvents(tmp_path)
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "event.json").write_text("{}")
    with pytest.raises(SavedEventError, match="shared by all functions"):
        events.delete("Hello", "event")
    assert events.names("Hello") == ("event",)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a\\b", ".hidden", "a ", "dot.", "x" * 101, "a\nb", "_"]
)
def test_a_bad_event_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SavedEventError, match="cannot be an event's name"):
        SavedEvents(tmp_path).save("Hello", name, "{}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "1", "Zoë", "put (eu-west-1)", "v1.2", "a=b@c+d,e"])
def test_a_readable_event_name_is_taken(tmp_path: Path, name: str) -> None:
    events = SavedEvents(tmp_path)
    events.save("Hello", name, "{}")
    assert events.names("Hello") == (name,)


def test_a_bad_function_name_never_becomes_a_path(tmp_path: Path) -> None:
    with pytest.raises(SavedEventError, match="not a Lambda function's name"):
        SavedEvents(tmp_path).save("../../etc", "a", "{}")


def test_text_that_is_not_utf8_is_an_error_in_words(tmp_path: Path) -> None:
    events = SavedEvents(tmp_path)
    path = events.save("Hello", "latin", "")
    path.write_bytes(b'"caf\xe9"')
    with pytest.raises(SavedEventError, match=r"not UTF-8 text \(byte 5\)"):
        events.load("Hello", "latin")
