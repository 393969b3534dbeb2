"""APIs that are declared resource by resource, as the CDK does."""

from __future__ import annotations

from pathlib import Path

from template_lab import load, messages

from workbench.project.front_doors.apis import Authorizer, CorsConfiguration, Mock, Route, Source
from workbench.project.front_doors.gateway_responses import GatewayResponse

FUNCTION = """\
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Metadata: {aws:asset:path: src}
    Properties: {Handler: app.handler, Runtime: python3.12, Code: {S3Bucket: b, S3Key: k}}
"""
URI = (
    "{Fn::Join: ['', ['arn:', {Ref: AWS::Partition}, ':apigateway:', {Ref: AWS::Region},"
    " ':lambda:path/2015-03-31/functions/', {Fn::GetAtt: [Fn, Arn]}, /invocations]]}"
)


def test_an_http_api(project: Path) -> None:
    text = f"""\
{FUNCTION}
  Web:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: web
      ProtocolType: HTTP
      CorsConfiguration: {{AllowOrigins: ["*"], AllowCredentials: false, MaxAge: 10}}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {{ApiId: {{Ref: Web}}, StageName: beta, StageVariables: {{a: b}}}}
  Int:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {{ApiId: {{Ref: Web}}, IntegrationType: AWS_PROXY, IntegrationUri:
      {{Fn::GetAtt: [Fn, Arn]}}, PayloadFormatVersion: "2.0", TimeoutInMillis: 500}}
  Auth:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: {{Ref: Web}}
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {{Audience: [me], Issuer: "https://i.example"}}
      Name: auth
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: {{Ref: Web}}
      RouteKey: "GET /a/{{id}}"
      Target: {{Fn::Join: ["", [integrations/, {{Ref: Int}}]]}}
      AuthorizationType: JWT
      AuthorizerId: {{Ref: Auth}}
      AuthorizationScopes: [read]
  Default:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ApiId: {{Ref: Web}}, RouteKey: $default, Target: !Sub "integrations/${{Int}}",
      AuthorizationType: AWS_IAM}}
  Socket: {{Type: AWS::ApiGatewayV2::Api, Properties: {{ProtocolType: WEBSOCKET}}}}
  Quick:
    Type: AWS::ApiGatewayV2::Api
    Properties: {{ProtocolType: HTTP, Target: {{Fn::GetAtt: [Fn, Arn]}}}}
"""
    found = load(project, text)
    assert messages(found) == []
    web, quick = found.apis
    assert (web.kind, web.name, web.stage) == ("HTTP", "Web", "beta")
    assert web.stage_variables == {"a": "b"}
    assert web.cors == CorsConfiguration(allow_origins=("*",), max_age=10)
    assert web.routes == (
        Route(
            "GET", "/a/{id}", "Fn", payload_version="2.0", seconds=0.5, authorizer="Auth",
            scopes=("read",),
            needs_permission=True,
        ),
        Route(
            "ANY", "$default", "Fn", payload_version="2.0", seconds=0.5, authorizer="AWS_IAM",
            needs_permission=True,
        ),
    )  # fmt: skip
    assert web.authorizers["Auth"] == Authorizer(
        "JWT",
        sources=(Source("header", "Authorization"),),
        issuer="https://i.example",
        audience=("me",),
    )
    assert quick.routes == (
        Route("ANY", "$default", "Fn", payload_version="2.0", needs_permission=True),
    )
    assert quick.stage == "$default"


def test_a_rest_api(project: Path) -> None:
    text = f"""\
{FUNCTION}
  Shop:
    Type: AWS::ApiGateway::RestApi
    Properties: {{Name: shop, BinaryMediaTypes: [image/png]}}
  Deployment: {{Type: AWS::ApiGateway::Deployment, Properties: {{RestApiId: {{Ref: Shop}}}}}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {{RestApiId: {{Ref: Shop}}, StageName: v1, DeploymentId: {{Ref: Deployment}}}}
  Orders:
    Type: AWS::ApiGateway::Resource
    Properties: {{ParentId: {{Fn::GetAtt: [Shop, RootResourceId]}}, PathPart: orders, RestApiId:
      {{Ref: Shop}}}}
  Order:
    Type: AWS::ApiGateway::Resource
    Properties: {{ParentId: {{Ref: Orders}}, PathPart: "{{id}}", RestApiId: {{Ref: Shop}}}}
  Auth:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: {{Ref: Shop}}
      Name: auth
      Type: TOKEN
      IdentitySource: method.request.header.Token
      AuthorizerUri: {URI}
      AuthorizerResultTtlInSeconds: 5
  Root:
    Type: AWS::ApiGateway::Method
    Properties:
      HttpMethod: ANY
      ResourceId: {{Fn::GetAtt: [Shop, RootResourceId]}}
      RestApiId: {{Ref: Shop}}
      AuthorizationType: NONE
      ApiKeyRequired: true
      Integration: {{IntegrationHttpMethod: POST, Type: AWS_PROXY, Uri: {URI}}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      HttpMethod: GET
      ResourceId: {{Ref: Order}}
      RestApiId: {{Ref: Shop}}
      AuthorizationType: CUSTOM
      AuthorizerId: {{Ref: Auth}}
      Integration: {{IntegrationHttpMethod: POST, Type: AWS_PROXY, Uri: {URI}}}
  Options:
    Type: AWS::ApiGateway::Method
    Properties:
      HttpMethod: OPTIONS
      ResourceId: {{Ref: Order}}
      RestApiId: {{Ref: Shop}}
      Integration:
        Type: MOCK
        IntegrationResponses:
          - StatusCode: "204"
            ResponseParameters: {{method.response.header.Access-Control-Allow-Origin: "'*'"}}
  Refused:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: {{Ref: Shop}}
      ResponseType: ACCESS_DENIED
      StatusCode: "404"
      ResponseParameters: {{gatewayresponse.header.X-Why: "'no'"}}
"""
    found = load(project, text)
    assert messages(found) == []
    [api] = found.apis
    assert (api.kind, api.stage, api.binary_media_types) == ("REST", "v1", ("image/png",))
    assert api.routes == (
        Route("ANY", "/", "Fn", seconds=29.0, needs_api_key=True, needs_permission=True),
        Route("GET", "/orders/{id}", "Fn", seconds=29.0, authorizer="Auth", needs_permission=True),
        Route("OPTIONS", "/orders/{id}", mock=Mock({"Access-Control-Allow-Origin": "*"}, 204)),
    )
    assert api.gateway_responses == {"ACCESS_DENIED": GatewayResponse(404, {"X-Why": "'no'"})}
    auth = api.authorizers["Auth"]
    assert (auth.kind, auth.function, auth.ttl) == ("TOKEN", "Fn", 5)
    assert auth.sources == (Source("header", "Token"),)
