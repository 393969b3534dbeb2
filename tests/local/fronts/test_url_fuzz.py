"""Whatever a client sends to a URL, and whatever a function returns: a response, never a mistake.

`WORKBENCH_FUZZ_CASES` sets how many requests each test sends (200 if unset), chosen at random when
it is set; the same ones each time otherwise.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
from collections.abc import Iterator

import pytest
from endpoint_lab import LocalEndpoint
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from url_lab import open_url

CASES = os.environ.get("WORKBENCH_FUZZ_CASES")
fuzzed = settings(
    max_examples=int(CASES or 100),
    derandomize=CASES is None,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ECHO = """\
import base64, json
def handler(event, context):
    if event["rawPath"] != "/as-is": return event
    body = event["body"]
    return json.loads(base64.b64decode(body) if event["isBase64Encoded"] else body)
"""

visible = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"))
names = st.sampled_from(["Cookie", "Origin", "Content-Type", "X-Amzn-Trace-Id", "User-Agent"])
headers = st.dictionaries(names, visible.map(lambda text: text.encode("latin-1")), max_size=4)
targets = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40).map("/{}".format)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
results = values | st.fixed_dictionaries(
    {"statusCode": st.integers(100, 600) | scalars},
    optional={
        "headers": st.dictionaries(names | st.text(max_size=5), scalars) | values,
        "cookies": st.lists(scalars, max_size=2) | values,
        "body": values,
        "isBase64Encoded": st.booleans() | scalars,
    },
)


@pytest.fixture(scope="module")
def door(shared_endpoint: LocalEndpoint) -> Iterator[http.client.HTTPConnection]:
    """A connection to the URL of a function that echoes."""
    cors = {"AllowOrigins": ["*"], "AllowMethods": ["*"]}
    url = open_url(shared_endpoint, shared_endpoint.create(ECHO), Cors=cors)
    connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=30)
    yield connection
    connection.close()


@pytest.fixture(autouse=True)
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@fuzzed
@given(method=st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "DELETE"]), target=targets,
       headers=headers, body=st.binary(max_size=60))  # fmt: skip
def test_requests(
    door: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: dict[str, bytes],
    body: bytes,
) -> None:
    note(f"{method} {target} {headers} {body!r}")
    door.request(method, target, body, headers)
    answer = door.getresponse()
    text = answer.read()
    assert answer.status in (200, 400), text
    if text and answer.status == 200:
        event = json.loads(text)
        path, _, query = target.partition("?")
        assert (event["rawPath"], event["rawQueryString"]) == (path, query)
    if answer.status == 400:
        door.close()


@fuzzed
@given(result=results)
def test_results(door: http.client.HTTPConnection, result: object) -> None:
    door.request("POST", "/as-is", json.dumps(result), {"Content-Type": "application/json"})
    answer = door.getresponse()
    text = answer.read()
    assert 200 <= answer.status < 600
    if not isinstance(result, dict) or "statusCode" not in result:
        assert answer.status == 200
    elif answer.status == 502 and result["statusCode"] not in (502, "502"):
        assert text == b"Internal Server Error"
