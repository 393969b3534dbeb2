"""Whatever a client sends to an API, and whatever a function or an authorizer returns: a response,
never a mistake of ours. See test_url_fuzz.py, whose ways these are."""

from __future__ import annotations

import http.client
import json
import logging
from collections.abc import Iterator

import pytest
from gateway_lab import Apis, served
from hypothesis import given, note
from hypothesis import strategies as st
from test_url_fuzz import fuzzed, headers, names, results, scalars, targets, values

TEMPLATE = """\
    Transform: AWS::Serverless-2016-10-31
    Globals: {Function: {CodeUri: src, Runtime: python3.11}}
    Resources:
      Rest: {Type: AWS::Serverless::Api, Properties: {StageName: s, BinaryMediaTypes: [image~1*],
        Auth: {Authorizers: {Ask: {FunctionPayloadType: REQUEST, FunctionArn: !GetAtt Says.Arn,
          Identity: {Headers: [who], ReauthorizeEvery: 0}}}}}}
      Http: {Type: AWS::Serverless::HttpApi, Properties: {
        CorsConfiguration: {AllowOrigins: ["*"], AllowCredentials: true},
        Auth: {Authorizers: {Jwt: {JwtConfiguration: {issuer: "http://127.0.0.1:1", audience: [a]}}}}}}
      Echo:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.echo
          Events:
            A: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /, Method: any}}
            B: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: "/{proxy+}", Method: any}}
            C: {Type: HttpApi, Properties: {ApiId: !Ref Http}}
            D: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: "/{a}", Method: any, PayloadFormatVersion: "1.0"}}
            E: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /jwt, Method: get, Auth: {Authorizer: Jwt}}}
            F: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /ask, Method: get, Auth: {Authorizer: Ask}}}
      Says:
        Type: AWS::Serverless::Function
        Properties:
          Handler: fuzz.says
          Events:
            A: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /says, Method: post}}
            B: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /says/1, Method: post, PayloadFormatVersion: "1.0"}}
            C: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /says/2, Method: post}}
    """  # noqa: E501
SAYS = """\
import json
def says(event, context):
    if event.get("type") == "REQUEST":
        return json.loads(event["headers"]["who"])
    return json.loads(event["body"])
"""


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apis]:
    root = tmp_path_factory.mktemp("fuzz")
    (root / "src").mkdir()
    (root / "src" / "fuzz.py").write_text(SAYS)
    with served(root, TEMPLATE) as apis:
        yield apis


@pytest.fixture(scope="module")
def doors(apis: Apis) -> Iterator[dict[str, http.client.HTTPConnection]]:
    """A connection to each API."""
    hosts = {name: apis.url(name).split("/")[2] for name in ("Http", "Rest")}
    opened = {name: http.client.HTTPConnection(host, timeout=30) for name, host in hosts.items()}
    yield opened
    for connection in opened.values():
        connection.close()


@pytest.fixture(autouse=True)
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@fuzzed
@given(api=st.sampled_from(["Http", "Rest"]), method=st.sampled_from(["GET", "PUT", "OPTIONS"]),
       target=targets, headers=headers, body=st.binary(max_size=60))  # fmt: skip
def test_requests(
    doors: dict[str, http.client.HTTPConnection],
    api: str,
    method: str,
    target: str,
    headers: dict[str, bytes],
    body: bytes,
) -> None:
    note(f"{api} {method} {target} {headers} {body!r}")
    door = doors[api]
    door.request(method, f"/s{target}" if api == "Rest" else target, body, headers)
    answer = door.getresponse()
    text = answer.read()
    assert answer.status in (200, 204, 400), text
    if answer.status == 400:
        door.close()


@fuzzed
@given(result=results, path=st.sampled_from(["/says/1", "/says/2", "/s/says"]))
def test_results(doors: dict[str, http.client.HTTPConnection], result: object, path: str) -> None:
    door = doors["Rest" if path == "/s/says" else "Http"]
    door.request("POST", path, json.dumps(result), {"Content-Type": "application/json"})
    answer = door.getresponse()
    answer.read()
    assert 200 <= answer.status < 600


@fuzzed
@given(text=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_tokens(doors: dict[str, http.client.HTTPConnection], text: str) -> None:
    doors["Http"].request("GET", "/jwt", headers={"Authorization": f"Bearer {text}"})
    answer = doors["Http"].getresponse()
    assert (answer.status, answer.read()) == (401, b'{"message":"Unauthorized"}')


policies = values | st.fixed_dictionaries(
    {"principalId": st.text(max_size=3) | scalars},
    optional={"policyDocument": st.fixed_dictionaries({"Statement": values}), "context": values},
)


@fuzzed
@given(answer=policies | st.dictionaries(names, values))
def test_answers_of_authorizers(
    doors: dict[str, http.client.HTTPConnection], answer: object
) -> None:
    doors["Rest"].request("GET", "/s/ask", headers={"who": json.dumps(answer)})
    reply = doors["Rest"].getresponse()
    reply.read()
    assert reply.status in (403, 500)
