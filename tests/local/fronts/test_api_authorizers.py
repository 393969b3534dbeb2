"""Lambda authorizers and JSON web tokens in front of both kinds of APIs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from gateway_lab import Apis, Issuer, served

TEMPLATE = """\
    Transform: AWS::Serverless-2016-10-31
    Globals: {Function: {CodeUri: src, Runtime: python3.11}}
    Resources:
      Simple: {Type: AWS::Serverless::Function, Properties: {Handler: app.simple}}
      Policy: {Type: AWS::Serverless::Function, Properties: {Handler: app.policy}}
      Modern:
        Type: AWS::Serverless::HttpApi
        Properties:
          Auth:
            DefaultAuthorizer: Token
            Authorizers:
              Token:
                JwtConfiguration: {issuer: ISSUER, audience: [me]}
                IdentitySource: $request.header.Authorization
              Ask:
                FunctionArn: !GetAtt Simple.Arn
                AuthorizerPayloadFormatVersion: "2.0"
                EnableSimpleResponses: true
                EnableFunctionDefaultPermissions: true
                Identity: {Headers: [who], QueryStrings: [also]}
              Fresh:
                FunctionArn: !GetAtt Simple.Arn
                EnableSimpleResponses: true
                EnableFunctionDefaultPermissions: true
                Identity: {Headers: [who], ReauthorizeEvery: 0}
              Unpermitted:
                FunctionArn: !GetAtt Simple.Arn
                EnableSimpleResponses: true
                Identity: {Headers: [who]}
              Iam:
                FunctionArn: !GetAtt Policy.Arn
                FunctionInvokeRole: arn:aws:iam::123456789012:role/x
                AuthorizerPayloadFormatVersion: "1.0"
                Identity: {Headers: [who]}
      Classic:
        Type: AWS::Serverless::Api
        Properties:
          StageName: s
          Cors: "'*'"
          Auth:
            DefaultAuthorizer: Token
            Authorizers:
              Token: {FunctionArn: !GetAtt Policy.Arn, Identity: {ValidationExpression: "[a-zA-Z-]+"}}
              Ask:
                FunctionArn: !GetAtt Policy.Arn
                FunctionPayloadType: REQUEST
                Identity: {Headers: [who], ReauthorizeEvery: 0}
      Echo:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.echo
          Events:
            A: {Type: HttpApi, Properties: {ApiId: !Ref Modern, Path: /jwt, Method: get}}
            B: {Type: HttpApi, Properties: {ApiId: !Ref Modern, Path: /scoped, Method: get, Auth: {AuthorizationScopes: [read, write]}}}
            C: {Type: HttpApi, Properties: {ApiId: !Ref Modern, Path: /ask, Method: get, Auth: {Authorizer: Ask}}}
            D: {Type: HttpApi, Properties: {ApiId: !Ref Modern, Path: /fresh, Method: get, Auth: {Authorizer: Fresh}}}
            U: {Type: HttpApi, Properties: {ApiId: !Ref Modern, Path: /unpermitted, Method: get, Auth: {Authorizer: Unpermitted}}}
            E: {Type: HttpApi, Properties: {ApiId: !Ref Modern, Path: /iam, Method: get, Auth: {Authorizer: Iam}}}
            F: {Type: HttpApi, Properties: {ApiId: !Ref Modern, Path: /open, Method: get, Auth: {Authorizer: NONE}}}
            G: {Type: HttpApi, Properties: {ApiId: !Ref Modern, Path: /old, Method: get, PayloadFormatVersion: "1.0"}}
            H: {Type: Api, Properties: {RestApiId: !Ref Classic, Path: /a, Method: get}}
            I: {Type: Api, Properties: {RestApiId: !Ref Classic, Path: /b, Method: get}}
            J: {Type: Api, Properties: {RestApiId: !Ref Classic, Path: /ask, Method: get, Auth: {Authorizer: Ask}}}
    """  # noqa: E501
UNAUTHORIZED = b'{"message":"Unauthorized"}'
FORBIDDEN = b'{"message":"Forbidden"}'


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Apis]:
    template = TEMPLATE.replace("ISSUER", issuer.url)
    with served(tmp_path_factory.mktemp("guarded"), template) as apis:
        yield apis


# -- JSON web tokens


def test_a_token_lets_pass_and_its_claims_reach_the_function(apis: Apis, issuer: Issuer) -> None:
    token = issuer.token(sub="ann", groups=["a", "b"], level=3, staff=True)
    authorizer = apis.event("Modern", "/jwt", Authorization=f"Bearer {token}")["requestContext"][
        "authorizer"
    ]
    claims = authorizer["jwt"]["claims"]
    assert authorizer["jwt"]["scopes"] is None
    assert claims["sub"] == "ann" and claims["groups"] == "[a b]" and claims["level"] == "3"
    assert claims["staff"] == "true" and claims["exp"].isdigit()
    old = apis.event("Modern", "/old", Authorization=token)["requestContext"]["authorizer"]
    assert old["claims"]["sub"] == "ann"


def test_keys_are_fetched_once(apis: Apis, issuer: Issuer) -> None:
    apis.event("Modern", "/jwt", Authorization=issuer.token())
    issuer.fetched.clear()
    apis.event("Modern", "/jwt", Authorization=issuer.token(sub="other"))
    assert issuer.fetched == []


def _with_algorithm(token: str, algorithm: object) -> str:
    """The token with another `alg` in its header, whose signature is then wrong."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": "one"}).encode())
    return f"{header.decode().rstrip('=')}.{token.partition('.')[2]}"


def test_tokens_that_do_not_count(apis: Apis, issuer: Issuer) -> None:
    good = issuer.token()
    header, claims, signature = good.split(".")
    now = time.time()
    for token, why in (
        ("nonsense", "malformed"),
        (f"{header}.{claims}.{signature[:-8]}AAAAAAAA", "signature"),
        (issuer.token(exp=now - 1), "expired"),
        (issuer.token(nbf=now + 60), "not valid yet"),
        (issuer.token(aud="you"), "audience"),
        (issuer.token(iss="https://else.example"), "issuer"),
        (issuer.token(algorithm="HS256"), "not supported"),
        (_with_algorithm(good, []), "not supported"),
        (_with_algorithm(good, "→\r\nx: y"), "not supported"),
        (issuer.token(key_id="two"), "unknown"),
    ):
        reply = apis.ask("Modern", "/jwt", Authorization=f"Bearer {token}")
        assert (reply.status, reply.body) == (401, UNAUTHORIZED), why
        assert why in reply.headers["www-authenticate"]
        assert "x" not in reply.headers
    assert apis.ask("Modern", "/jwt", Authorization=issuer.token(exp=10**400)).status == 200
    missing = apis.ask("Modern", "/jwt")
    assert (missing.status, missing.headers["www-authenticate"]) == (401, "Bearer")
    assert apis.ask("Modern", "/open").status == 200


def test_scopes(apis: Apis, issuer: Issuer) -> None:
    event = apis.event("Modern", "/scoped", Authorization=issuer.token(scope="see read"))
    assert event["requestContext"]["authorizer"]["jwt"]["scopes"] == ["read", "write"]
    assert apis.ask("Modern", "/scoped", Authorization=issuer.token(scp=["write"])).status == 200
    refused = apis.ask("Modern", "/scoped", Authorization=issuer.token(scope="see"))
    assert (refused.status, refused.body) == (403, FORBIDDEN)
    assert "insufficient_scope" in refused.headers["www-authenticate"]


# -- Lambda authorizers of HTTP APIs


def asked(event: Any) -> Any:
    """What the authorizer was asked, which it passes on in its context."""
    context = event["requestContext"]["authorizer"]
    return json.loads(context.get("lambda", context)["asked"])


def at(event: Any) -> int:
    """When the authorizer answered."""
    context = event["requestContext"]["authorizer"]
    return int(context.get("lambda", context)["at"])


def test_what_a_simple_authorizer_is_asked(apis: Apis) -> None:
    question = asked(apis.event("Modern", "/ask?also=1", who="yes"))
    assert question["version"] == "2.0" and question["type"] == "REQUEST"
    assert question["identitySource"] == ["yes", "1"]
    assert question["routeArn"].endswith(":modern/$default/GET/ask")
    assert question["routeKey"] == "GET /ask" and question["headers"]["who"] == "yes"
    assert "body" not in question and "isBase64Encoded" not in question


def test_a_simple_authorizers_answers(apis: Apis) -> None:
    for who, status, body in (
        ("no", 403, FORBIDDEN),
        ("Unauthorized", 401, UNAUTHORIZED),
        ("boom", 500, b'{"message":"Internal Server Error"}'),
        ("list", 500, b'{"message":"Internal Server Error"}'),
        ("", 401, UNAUTHORIZED),
    ):
        reply = apis.ask("Modern", "/ask?also=1", who=who)
        assert (reply.status, reply.body) == (status, body), who


def test_answers_are_remembered_by_identity_unless_told_otherwise(apis: Apis) -> None:
    first = at(apis.event("Modern", "/ask?also=2", who="yes"))
    assert at(apis.event("Modern", "/ask?also=2", who="yes")) == first
    assert at(apis.event("Modern", "/ask?also=3", who="yes")) != first
    fresh = at(apis.event("Modern", "/fresh", who="yes"))
    assert at(apis.event("Modern", "/fresh", who="yes")) != fresh


def test_a_policy_of_an_http_api(apis: Apis) -> None:
    event = apis.event("Modern", "/iam", who="ann")
    question = asked(event)
    assert question["version"] == "1.0" and question["identitySource"] == "ann"
    assert question["methodArn"].endswith(":modern/$default/GET/iam")
    for who in ("no", "silence"):
        reply = apis.ask("Modern", "/iam", who=who)
        assert (reply.status, reply.body) == (403, FORBIDDEN)


def test_an_authorizers_policy_has_to_name_it(apis: Apis) -> None:
    refused = apis.ask("Modern", "/unpermitted", who="ann")
    assert (refused.status, refused.body) == (500, b'{"message":"Internal Server Error"}')
    apis.endpoint.client().add_permission(
        FunctionName="Simple",
        StatementId="authorizer",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:us-east-1:123456789012:modern/authorizers/Unpermitted",
    )
    assert apis.ask("Modern", "/unpermitted", who="ann").status == 403  # it was asked


# -- Lambda authorizers of REST APIs


def test_a_token_authorizer(apis: Apis) -> None:
    event = apis.event("Classic", "/a", Authorization="ann")
    authorizer = event["requestContext"]["authorizer"]
    assert authorizer["principalId"] == "ann" and authorizer["yes"] == "true"
    assert isinstance(authorizer["integrationLatency"], int)
    question = asked(event)
    assert question == {
        "type": "TOKEN",
        "authorizationToken": "ann",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:classic/s/GET/a",
    }


def test_what_rest_apis_say_of_authorizers(apis: Apis) -> None:
    denied = "User is not authorized to access this resource"
    for token, status, body, error in (
        (None, 401, {"message": "Unauthorized"}, "UnauthorizedException"),
        ("4711", 401, {"message": "Unauthorized"}, "UnauthorizedException"),  # by its looks
        ("Unauthorized", 401, {"message": "Unauthorized"}, "UnauthorizedException"),
        ("no", 403, {"Message": f"{denied} with an explicit deny"}, "AccessDeniedException"),
        ("silence", 403, {"Message": denied}, "AccessDeniedException"),
        ("boom", 500, {"message": None}, "AuthorizerConfigurationException"),
        ("nobody", 500, {"message": None}, "AuthorizerConfigurationException"),
    ):
        headers = {} if token is None else {"Authorization": token}
        reply = apis.ask("Classic", "/a", **headers)
        assert (reply.status, json.loads(reply.body)) == (status, body), token
        assert reply.headers["x-amzn-ErrorType"] == error


def test_a_remembered_policy_holds_for_other_methods_too(apis: Apis) -> None:
    assert apis.ask("Classic", "/a", Authorization="just-this").status == 200
    assert apis.ask("Classic", "/b", Authorization="just-this").status == 403


def test_a_request_authorizer(apis: Apis) -> None:
    event = apis.event("Classic", "/ask?x=1", who="ann")
    question = asked(event)
    assert question["type"] == "REQUEST" and question["resource"] == "/ask"
    assert question["queryStringParameters"] == {"x": "1"} and question["headers"]["who"] == "ann"
    assert apis.ask("Classic", "/ask").status == 401


def test_the_default_authorizer_guards_preflights_too(apis: Apis) -> None:
    assert apis.ask("Classic", "/a", "OPTIONS").status == 401
    assert apis.ask("Classic", "/a", "OPTIONS", Authorization="ann").status == 200
