"""The encoded parts of events: each decodes to the readable text it was made from."""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.samples import find
from workbench.samples.filters import FILTERS, dynamodb_item, kpl
from workbench.samples.render import Renderer

NOW = datetime(2026, 12, 1, 0, 5, 7, 250_999, tzinfo=UTC)
# Lone surrogates cannot be encoded, here or on AWS.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def plain(value: dict[str, Any]) -> Any:
    """A DynamoDB attribute value as plain JSON again."""
    ((kind, content),) = value.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return json.loads(content)
        case "L":
            return [plain(each) for each in content]
        case "M":
            return {name: plain(each) for name, each in content.items()}
    return content


@given(TEXT)
def test_text_encodings_round_trip(text: str) -> None:
    data = text.encode()

    assert base64.b64decode(FILTERS["base64"](text)) == data
    assert gzip.decompress(base64.b64decode(FILTERS["gzip_base64"](text))) == data
    assert unquote_plus(FILTERS["url"](text)) == text
    assert FILTERS["md5"](text) == hashlib.md5(data).hexdigest()
    assert FILTERS["byte_length"](text) == len(data)
    assert bytes(b & 0xFF for b in FILTERS["signed_bytes"](text)) == data
    assert all(-128 <= b <= 127 for b in FILTERS["signed_bytes"](text))


@given(JSON)
def test_json_as_text_round_trips(value: Any) -> None:
    assert json.loads(FILTERS["json_text"]([value])) == [value]


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_dynamodb_items_round_trip(item: dict[str, Any]) -> None:
    assert plain({"M": dynamodb_item(item)}) == item


@given(st.binary(max_size=400))
def test_kpl_aggregates_hold_the_record(data: bytes) -> None:
    aggregate = kpl(data)

    assert aggregate[:4] == b"\xf3\x89\x9a\xc2"
    assert aggregate[-16:] == hashlib.md5(aggregate[4:-16]).digest()
    assert aggregate[4:-16].endswith(data)


def test_query_strings_have_four_forms() -> None:
    query = "a=1&b=x%20y&a=2&empty="

    assert FILTERS["query_last"](query) == {"a": "2", "b": "x y", "empty": ""}
    assert FILTERS["query_multi"](query) == {"a": ["1", "2"], "b": ["x y"], "empty": [""]}
    assert FILTERS["query_comma"](query) == {"a": "1,2", "b": "x y", "empty": ""}
    assert FILTERS["query_raw"](query) == {"a": "2", "b": "x%20y", "empty": ""}
    assert FILTERS["query_raw_multi"](query) == {"a": ["1", "2"], "b": ["x%20y"], "empty": [""]}


@pytest.mark.parametrize(
    ("placeholder", "text"),
    [
        ("{{now_ms}}", "1796083507250"),
        ("{{now_ms:-250}}", "1796083507000"),
        ("{{now_s}}", "1796083507"),
        ("{{now_s_fraction}}", "1796083507.25"),
        ("{{now_iso}}", "2026-12-01T00:05:07.250Z"),
        ("{{now_iso_s}}", "2026-12-01T00:05:07Z"),
        ("{{now_iso_offset}}", "2026-12-01T00:05:07.250+0000"),
        ("{{now_clf}}", "01/Dec/2026:00:05:07 +0000"),
        ("{{now_java}}", "Dec 1, 2026, 12:05:07 AM"),
        ("{{now_date}}", "2026-12-01"),
    ],
)
def test_the_clock_has_the_spellings_of_aws(placeholder: str, text: str) -> None:
    assert Renderer({}, now=NOW, seed=1).render(placeholder) == text
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    assert Renderer({}, now=elsewhere, seed=1).render(placeholder) == text


def test_mail_dates_are_mail_dates() -> None:
    text = Renderer({}, now=NOW, seed=1).render("{{now_rfc2822}}")

    assert parsedate_to_datetime(text) == NOW.replace(microsecond=0)


def test_labelled_ids_are_shared_and_others_are_not() -> None:
    a, b, c, d = Renderer({}, now=NOW, seed=1).render(
        ["{{uuid:x}}", "{{uuid:x}}", "{{uuid}}", "{{uuid}}"]
    )

    assert a == b
    assert len({a, c, d}) == 3


def test_an_omitted_member_is_not_there() -> None:
    renderer = Renderer({"a": "", "b": "1"}, now=NOW, seed=1)

    rendered = renderer.render({"a": "{{a|or_omit}}", "b": "{{b|or_omit}}", "c": ["{{a|or_omit}}"]})
    assert rendered == {"b": "1", "c": []}


def test_sqs_bodies_have_their_digest_and_no_attributes_have_none() -> None:
    record = find("sqs-message").render({"body": "ünï", "attributes": "{}"})["Records"][0]
    assert record["md5OfBody"] == hashlib.md5("ünï".encode()).hexdigest()
    assert record["messageAttributes"] == {}
    assert "md5OfMessageAttributes" not in record


def test_message_attributes_have_the_digest_aws_documents() -> None:
    record = find("sqs-message").render({"attributes": '{"timestamp": 1493147359900}'})["Records"][
        0
    ]
    encoded = b"".join(
        [b"\0\0\0\x09timestamp", b"\0\0\0\x06Number", b"\x01", b"\0\0\0\x0d1493147359900"]
    )

    assert record["messageAttributes"]["timestamp"]["dataType"] == "Number"
    assert record["md5OfMessageAttributes"] == hashlib.md5(encoded).hexdigest()


def test_cloudwatch_logs_are_gzipped_json() -> None:
    event = find("cloudwatch-logs").render({"message": "ünï", "log_group": "/g"}, now=NOW)

    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    assert data["logGroup"] == "/g"
    assert data["logEvents"][-1]["message"] == "ünï"
    assert data["messageType"] == "DATA_MESSAGE"


def test_a_notification_in_a_queue_has_the_digest_of_its_body() -> None:
    record = find("sqs-sns").render({"message": "hello", "subject": ""})["Records"][0]

    assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()
    body = json.loads(record["body"])
    assert body["Message"] == "hello"
    assert "Subject" not in body
    assert "SigningCertURL" in body


def test_content_length_is_that_of_the_body() -> None:
    rest = find("apigateway-rest-proxy").render({"body": "ünï"})
    empty = find("apigateway-rest-proxy").render({"body": "", "query": ""})

    assert rest["headers"]["Content-Length"] == "5"
    assert rest["multiValueHeaders"]["Content-Length"] == ["5"]
    assert (
        "Content-Length" not in empty["headers"]
        and "Content-Length" not in (empty["multiValueHeaders"])
    )
    assert empty["body"] is None and empty["queryStringParameters"] is None
