"""Encoded parts of events: found, decoded, changed, put back."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json

import pytest

from workbench.project.events.encoded_parts import Part, parts, put_back
from workbench.samples import catalogue, find


def sample(name: str) -> str:
    return json.dumps(find(name).render(), indent=2)


def trails(text: str) -> list[str]:
    return [part.trail for part in parts(text)]


def part_at(text: str, trail: str) -> Part:
    return next(part for part in parts(text) if part.trail == trail)


def test_sns_in_sqs_is_decoded_twice_and_its_digest_stays_right() -> None:
    inner = json.dumps({"order": 7, "price": 1.50})
    body = json.dumps({"Type": "Notification", "Message": inner})
    digest = hashlib.md5(body.encode()).hexdigest()
    text = json.dumps({"Records": [{"md5OfBody": digest, "body": body, "n": 1.0}]}, indent=1)
    assert trails(text) == ["$.Records[0].body", "$.Records[0].body ▸ $.Message"]
    message = part_at(text, "$.Records[0].body ▸ $.Message")
    assert message.text == inner
    changed = put_back(text, message, '{\n  "order": 8,\n  "price": 1.50\n}')
    record = json.loads(changed)["Records"][0]
    assert json.loads(record["body"])["Message"] == '{"order": 8, "price": 1.50}'
    assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()
    assert '"n": 1.0' in changed
    assert put_back(text, message, inner) == text, "nothing changed, nothing written anew"


def test_base64_and_gzip_are_put_back_as_they_were() -> None:
    packed = base64.b64encode(gzip.compress(b'{"logEvents":[]}', mtime=0)).decode()
    text = json.dumps({"awslogs": {"data": packed}})
    (part,) = parts(text)
    assert (part.path, part.steps) == ("$.awslogs.data", ("base64", "gzip", "JSON"))
    changed = json.loads(put_back(text, part, '{"logEvents": [1]}'))["awslogs"]["data"]
    assert gzip.decompress(base64.b64decode(changed)) == b'{"logEvents":[1]}'

    text = json.dumps({"kinesis": {"data": base64.b64encode(b"hi").decode()}})
    (part,) = parts(text)
    assert (part.steps, part.text, part.is_json) == (("base64",), "hi", False)
    assert json.loads(put_back(text, part, "ho\n")) == {"kinesis": {"data": "aG8K"}}
    token = json.dumps({"token": "eyJhIjoiPz8_In0_"})
    (part,) = parts(token)
    assert put_back(token, part, part.text) == token, "the alphabet for URLs stays"


def test_broken_json_may_be_put_back() -> None:
    text = '{"body": "{\\"a\\":1}"}'
    assert json.loads(put_back(text, parts(text)[0], '{"a":')) == {"body": '{"a":'}


@pytest.mark.parametrize(
    "value",
    [
        "us-east-1",
        "aws:s3",
        "ObjectCreated:Put",
        "123456789012",
        "arn:aws:sqs:us-east-1:123456789012:q",
        "d41d8cd98f00b204e9800998ecf8427e",
        "SB6GZ2H8K2M4N6P8",
        "2026-12-01T09:30:00.000Z",
        "{not json}",
        "[1] is a list",
        "H4sIAAAA",
    ],
)
def test_what_only_looks_encoded_is_left_alone(value: str) -> None:
    assert parts(json.dumps({"a": value, "data": value if "-" in value else ""})) == []


def test_samples_with_encoded_parts() -> None:
    found = {each.name: trails(json.dumps(each.render(seed=1))) for each in catalogue()}
    assert found["kinesis-batch"][:1] == ["$.Records[0].kinesis.data"]
    assert not found["s3-put"]
    assert sum(map(bool, found.values())) > 20
    assert parts('{"body": "{') == parts("") == parts("]]") == []
