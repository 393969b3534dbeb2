"""The APIs of SAM templates: events, Globals, Auth, OpenAPI definitions."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
from template_lab import load, messages

from workbench.project.front_doors.apis import (
    Api,
    Authorizer,
    CorsConfiguration,
    Mock,
    Route,
    Source,
)
from workbench.project.records import Project

FUNCTION = """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: src, Handler: app.handler, Runtime: python3.12}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
"""
ARN = (
    '!Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations"'
)


def with_events(project: Path, events: str, resources: str = "") -> Project:
    text = FUNCTION + indent(events, " " * 8) + "\n" + indent(resources, "  ")
    return load(project, text)


def only_api(found: Project) -> Api:
    assert len(found.apis) == 1, found.apis
    return found.apis[0]


def test_events_without_an_api_make_one(project: Path) -> None:
    found = with_events(
        project,
        "A: {Type: Api, Properties: {Path: /a, Method: get}}\n"
        "B: {Type: HttpApi, Properties: {Path: /b, Method: any, PayloadFormatVersion: '1.0',"
        " TimeoutInMillis: 1500}}\n"
        "C: {Type: HttpApi}\n"
        "D: {Type: HttpApi, Properties: {Path: /d, Method: get, ApiId: !Ref ServerlessHttpApi}}",
    )
    assert messages(found) == []
    rest, http = found.apis
    assert (rest.kind, rest.name, rest.stage) == ("REST", "ServerlessRestApi", "Prod")
    assert rest.routes == (Route("GET", "/a", "F", seconds=29.0),)
    assert (http.kind, http.name, http.stage) == ("HTTP", "ServerlessHttpApi", "$default")
    assert http.routes == (
        Route("ANY", "/b", "F", payload_version="1.0", seconds=1.5),
        Route("ANY", "$default", "F", payload_version="2.0"),
        Route("GET", "/d", "F", payload_version="2.0"),
    )


def test_an_api_with_globals(project: Path) -> None:
    found = load(
        project,
        """\
        Transform: AWS::Serverless-2016-10-31
        Globals:
          Function: {CodeUri: src, Handler: app.handler, Runtime: python3.12}
          HttpApi: {CorsConfiguration: {AllowOrigins: ["*"], MaxAge: 5}, StageVariables: {a: "1"}}
        Resources:
          Mine:
            Type: AWS::Serverless::HttpApi
            Properties: {StageName: !Sub "${AWS::Region}", StageVariables: {b: 2}}
          F:
            Type: AWS::Serverless::Function
            Properties:
              Events: {E: {Type: HttpApi, Properties: {ApiId: !Ref Mine, Path: /, Method: get}}}
          Unused: {Type: AWS::Serverless::HttpApi}
        """,
    )
    api = only_api(found)
    assert (api.name, api.stage) == ("Mine", "us-east-1")
    assert api.stage_variables == {"a": "1", "b": "2"}
    assert api.cors == CorsConfiguration(allow_origins=("*",), max_age=5)


def test_auth_of_a_rest_api(project: Path) -> None:
    found = with_events(
        project,
        "A: {Type: Api, Properties: {RestApiId: !Ref Mine, Path: /a, Method: get}}\n"
        "B: {Type: Api, Properties: {RestApiId: !Ref Mine, Path: /b, Method: get,"
        " Auth: {Authorizer: NONE, ApiKeyRequired: false}}}\n"
        "C: {Type: Api, Properties: {RestApiId: !Ref Mine, Path: /c, Method: get,"
        " Auth: {Authorizer: Pool, AuthorizationScopes: [x]}}}",
        """\
Users: {Type: AWS::Cognito::UserPool}
Mine:
  Type: AWS::Serverless::Api
  Properties:
    StageName: v1
    Auth:
      ApiKeyRequired: true
      DefaultAuthorizer: Ask
      Authorizers:
        Ask:
          FunctionArn: !GetAtt F.Arn
          FunctionPayloadType: REQUEST
          Identity: {QueryStrings: [q], Context: [path], ReauthorizeEvery: 7}
        Pool: {UserPoolArn: !GetAtt Users.Arn}
""",
    )
    assert messages(found) == []
    api = only_api(found)
    a, b, c = api.routes
    assert (a.authorizer, a.needs_api_key) == ("Ask", True)
    assert (b.authorizer, b.needs_api_key) == (None, False)
    assert (c.authorizer, c.scopes) == ("Pool", ("x",))
    sources = (Source("querystring", "q"), Source("context", "path"))
    assert api.authorizers["Ask"] == Authorizer("REQUEST", "F", sources=sources, ttl=7)
    pool = api.authorizers["Pool"]
    assert pool.kind == "COGNITO"
    assert pool.issuer == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Users"


OPENAPI = f"""\
openapi: 3.0.1
paths:
  /pets/{{id}}:
    parameters: []
    get:
      security: [{{jwt: [read]}}]
      x-amazon-apigateway-integration: {{$ref: "#/components/x-amazon-apigateway-integrations/f"}}
    post:
      x-amazon-apigateway-integration: {{type: http_proxy, uri: "https://example.com"}}
  /$default:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration:
        {{type: aws_proxy, httpMethod: POST, uri: {ARN}, payloadFormatVersion: "1.0"}}
components:
  x-amazon-apigateway-integrations:
    f: {{type: aws_proxy, httpMethod: POST, payloadFormatVersion: "2.0", timeoutInMillis: 100, uri: {ARN}}}
  securitySchemes:
    jwt:
      type: oauth2
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Token
        jwtConfiguration: {{issuer: "https://i.example", audience: [a, b]}}
x-amazon-apigateway-cors: {{allowOrigins: ["https://a.example"]}}
"""  # noqa: E501


@pytest.mark.parametrize("way", ["body", "include", "file"])
def test_an_openapi_definition(project: Path, way: str) -> None:
    (project / "api.yaml").write_text(OPENAPI)
    definition = {
        "body": "DefinitionBody:\n" + indent(OPENAPI, "  "),
        "include": "DefinitionBody: {Fn::Transform: {Name: AWS::Include,"
        " Parameters: {Location: api.yaml}}}",
        "file": "DefinitionUri: api.yaml",
    }[way]
    api_resource = "Mine:\n  Type: AWS::Serverless::HttpApi\n  Properties:\n"
    found = with_events(project, "{}", api_resource + indent(definition, "    "))
    [problem] = messages(found)
    assert "POST /pets/{id} is not answered here: it has no Lambda function." in problem
    api = only_api(found)
    assert api.routes == (
        Route(
            "GET", "/pets/{id}", "F", payload_version="2.0", seconds=0.1, authorizer="jwt",
            scopes=("read",), needs_permission=True,
        ),
        Route("ANY", "$default", "F", payload_version="1.0", needs_permission=True),
    )  # fmt: skip
    assert api.authorizers["jwt"] == Authorizer(
        "JWT",
        sources=(Source("header", "Token"),),
        issuer="https://i.example",
        audience=("a", "b"),
    )
    assert api.cors == CorsConfiguration(allow_origins=("https://a.example",))


def test_swagger_with_mocks_keys_and_a_lambda_authorizer(project: Path) -> None:
    body = f"""\
swagger: "2.0"
security: [{{key: []}}]
x-amazon-apigateway-binary-media-types: [image/png]
securityDefinitions:
  key: {{type: apiKey, name: x-api-key, in: header}}
  sig: {{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}}
  ask:
    type: apiKey
    name: Authorization
    in: header
    x-amazon-apigateway-authorizer:
      type: token
      authorizerUri: {ARN}
      authorizerResultTtlInSeconds: 0
      identityValidationExpression: "a+"
paths:
  /a:
    get: {{x-amazon-apigateway-integration: {{type: AWS_PROXY, httpMethod: POST, uri: {ARN}}}}}
    put:
      security: [{{sig: []}}]
      x-amazon-apigateway-integration: {{type: AWS_PROXY, httpMethod: POST, uri: {ARN}}}
    post:
      security: [{{ask: []}}]
      x-amazon-apigateway-integration: {{type: AWS_PROXY, httpMethod: POST, uri: {ARN}}}
    options:
      x-amazon-apigateway-integration:
        type: mock
        responses:
          default:
            responseParameters: {{method.response.header.Access-Control-Allow-Origin: "'*'"}}
"""
    resource = "Mine:\n  Type: AWS::Serverless::Api\n  Properties:\n    StageName: s\n"
    found = with_events(project, "{}", resource + "    DefinitionBody:\n" + indent(body, "      "))
    assert messages(found) == []
    api = only_api(found)
    get, put, post, options = api.routes
    assert (get.needs_api_key, get.authorizer, get.seconds) == (True, None, 29.0)
    assert (put.needs_api_key, put.authorizer) == (False, "AWS_IAM")
    assert post.authorizer == "ask"
    assert options.mock == Mock({"Access-Control-Allow-Origin": "*"})
    assert api.binary_media_types == ("image/png",)
    ask = api.authorizers["ask"]
    assert (ask.kind, ask.function, ask.ttl, ask.pattern) == ("TOKEN", "F", 0, "a+")


def test_what_cannot_be_used_is_told(project: Path) -> None:
    found = with_events(
        project,
        "A: {Type: Api, Properties: {Path: a, Method: get}}\n"
        "B: {Type: HttpApi, Properties: {Path: /a, Method: fetch}}\n"
        "C: {Type: HttpApi, Properties: {Path: /a, Method: get, ApiId: abc123}}",
        "Mine: {Type: AWS::Serverless::HttpApi, Properties: {DefinitionUri: s3://b/k}}\n"
        "Gone: {Type: AWS::Serverless::HttpApi, Properties: {DefinitionUri: gone.yaml}}",
    )
    assert found.apis == ()
    told = "\n".join(messages(found))
    assert "The event A has no Path that begins with / and no Method." in told
    assert "The event B has no Path" in told
    assert "The event C is of an API that is not in this template." in told
    assert "lies in S3" in told and "gone.yaml" in told
    assert len(found.functions) == 1
