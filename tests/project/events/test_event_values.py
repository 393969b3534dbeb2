"""Values made at each invocation: `{{uuid}}`, `{{counter}}`, `{{file:…}}` …"""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.project.events.value_sources import EventValues
from workbench.project.events.values import BadPlaceholder, Sources, has_placeholders, resolve

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
FILES = {"order.txt": b'say "hello"\n', "logo.png": b"\x89PNG\xff"}


def read(name: str) -> bytes:
    if name not in FILES:
        raise ValueError("No such file")
    return FILES[name]


def made(text: str, seed: int = 1) -> str:
    counts = iter(range(1, 100))
    sources = Sources(NOW, seed, {"STAGE": "dev"}, read, lambda name: next(counts))
    return resolve(text, sources).text


def value(text: str) -> Any:
    return json.loads(made(json.dumps(text)))


def test_moments_and_random_ids() -> None:
    assert value("{{now}}") == "2026-12-01T09:30:00.000Z"
    assert value("{{ now:-60000 }}") == "2026-12-01T09:29:00.000Z"
    assert value("{{now_s|json}}") == 1796117400
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", value("{{uuid}}"))
    same, again, other = json.loads(made('["{{uuid:a}}", "{{uuid:a}}", "{{uuid}}"]'))
    assert same == again != other
    assert made('"{{uuid}}"') == made('"{{uuid}}"') != made('"{{uuid}}"', seed=2)


def test_a_counter_is_the_same_all_over_an_event_and_may_be_a_number() -> None:
    event = '{"a": "{{counter}}", "b": "{{counter|json}}", "c": "no {{counter:other}}"}'
    assert json.loads(made(event)) == {"a": "1", "b": 1, "c": "no 2"}


def test_the_environment_and_files() -> None:
    assert value("stage {{env:STAGE}}") == "stage dev"
    assert value("{{file:order.txt}}") == 'say "hello"\n'
    assert base64.b64decode(value("{{file:logo.png|base64}}")) == FILES["logo.png"]


def test_what_is_no_placeholder_stays_to_the_byte() -> None:
    event = '{"n": 1.0,\n "t": "Dear {{customer}} \\u00fc",  "big": 12345678901234567890}'
    assert not has_placeholders(event)
    assert made(event) == event
    text = made('{"n": 1.0,\n "t": "{{customer}} {{counter}}",  "kept": "\\\\{{uuid}}"}')
    assert text == '{"n": 1.0,\n "t": "{{customer}} 1",  "kept": "{{uuid}}"}'
    assert made('{"{{counter|json}}": true}') == '{"1": true}', "a name stays a text"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{env:NOPE}}", "the variable NOPE is not set"),
        ("{{env}}", "name the variable"),
        ("{{file:absent}}", "No such file"),
        ("{{file:logo.png}}", r"no UTF-8 text: write |base64"),
        ("{{now:soon}}", "a number of milliseconds"),
        ("{{now:-999999999999999}}", "beyond the calendar"),
        ("{{uuid|nonsense}}", "there is no filter nonsense"),
        ("{{uuid|json}}", "not JSON"),
        ("{{env:STAGE|dynamodb_item}}", "must be a JSON object"),
    ],
)
def test_what_cannot_be_made_is_said_with_its_place(text: str, words: str) -> None:
    with pytest.raises(BadPlaceholder, match=re.escape(words)) as caught:
        made(f'{{"a": {json.dumps(text)}}}')
    assert caught.value.offset == 6


def test_counters_go_on_when_an_event_is_sent_and_never_give_a_number_twice(tmp_path: Path) -> None:
    values = EventValues(tmp_path)
    event = '{"id": "{{uuid}}", "n": "{{counter|json}}"}'
    shown = values.preview(event).text
    assert values.preview(event).text == shown, "looking changes nothing"
    assert values.send(event).text == shown, "what was shown is what is sent"
    assert json.loads(values.send(event).text)["n"] == 2
    with pytest.raises(BadPlaceholder):
        values.send('["{{counter}}", "{{env:SURELY_NOT_SET_HERE}}"]')
    with ThreadPoolExecutor(4) as pool:
        sent = pool.map(lambda _: EventValues(tmp_path).send(event).text, range(8))
    assert sorted(json.loads(text)["n"] for text in sent) == list(range(3, 11))


def test_files_outside_the_project_stay_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    project = tmp_path / "shop"
    project.mkdir()
    (project / "link").symlink_to(tmp_path / "secret")
    (project / "data.json").write_text('{"a": 1}')
    values = EventValues(project)
    assert json.loads(values.send('"{{file:data.json|json}}"').text) == {"a": 1}
    for path in ("../secret", "link", str(tmp_path / "secret")):
        with pytest.raises(BadPlaceholder, match="only files of the project"):
            values.send(json.dumps(f"{{{{file:{path}}}}}"))
