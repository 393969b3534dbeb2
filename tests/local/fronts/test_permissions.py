"""APIs that SAM does not make: permissions of functions, why they refuse is told, and stages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from gateway_lab import Apis, served
from url_lab import fetch, open_url

from workbench.aws.workbench_surface import WorkbenchSurface

REST = """\
  {name}:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        paths:
          /orders/{{id}}:
            get:
              x-amazon-apigateway-integration:
                type: aws_proxy
                uri: !Sub arn:aws:apigateway:us-east-1:lambda:path/x/functions/${{{function}.Arn}}/a
                {more}
  {name}Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {{RestApiId: !Ref {name}, StageName: v1}}
"""
TEMPLATE = (
    """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: src, Runtime: python3.11, Handler: app.echo}}
Resources:
  Echo: {Type: AWS::Serverless::Function}
  Other: {Type: AWS::Serverless::Function}
  Says: {Type: AWS::Serverless::Function, Properties: {Handler: app.says}}
"""
    + REST.format(name="Allowed", function="Echo", more="")
    + REST.format(name="Elsewhere", function="Echo", more="")
    + REST.format(name="Role", function="Other", more="credentials: arn:aws:iam::1:role/x")
    + """\
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Echo
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:aws:execute-api:us-east-1:123456789012:${Allowed}/${AllowedStage}/GET/*
  Quick:
    Type: AWS::ApiGatewayV2::Api
    Properties: {ProtocolType: HTTP, Name: quick, Target: !GetAtt Other.Arn}
  RoleNext:
    Type: AWS::ApiGateway::Stage
    Properties: {RestApiId: !Ref Role, StageName: v2, Variables: {colour: red}}
  Web:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      ProtocolType: HTTP
      Target: !Sub arn:aws:lambda:us-east-1:123456789012:function:${!stageVariables.function}
      CredentialsArn: arn:aws:iam::1:role/x
  WebMain:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Web, StageName: $default, StageVariables: {function: Echo}}
  WebNext:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Web, StageName: next, StageVariables: {function: "Says:$LATEST"}}
"""
)


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apis]:
    with served(tmp_path_factory.mktemp("permitted"), TEMPLATE) as apis:
        yield apis


def test_the_policy_names_the_api(apis: Apis) -> None:
    assert apis.event("Allowed", "/orders/7")["pathParameters"] == {"id": "7"}
    refused = apis.ask("Elsewhere", "/orders/7")
    assert (refused.status, refused.body) == (500, b'{"message": "Internal server error"}')


def test_why_a_url_refuses_is_told(apis: Apis) -> None:
    client = apis.endpoint.client()
    stop = threading.Event()
    events = WorkbenchSurface(apis.endpoint.url).events(stop)
    assert next(events).kind == "connected"
    url = open_url(apis.endpoint, "Other", public=False)
    assert fetch(url).status == 403
    client.add_permission(
        FunctionName="Other", StatementId="open", Action="lambda:InvokeFunctionUrl",
        Principal="*", FunctionUrlAuthType="NONE",
    )  # fmt: skip
    client.put_function_concurrency(FunctionName="Other", ReservedConcurrentExecutions=0)
    assert fetch(url).status == 429
    client.delete_function_concurrency(FunctionName="Other")
    fronts = (event.data for event in events if event.kind == "front")
    told = [next(fronts) for _ in range(2)]
    stop.set()
    events.close()  # type: ignore[attr-defined]
    assert [(each["Kind"], each["Name"], each["Status"], each["Reason"]) for each in told] == [
        ("FunctionUrl", "Other", 403, "The policy of Other does not open its URL to everybody."),
        ("FunctionUrl", "Other", 429, "Other: Rate Exceeded."),
    ]


def test_an_integration_with_a_role_needs_none(apis: Apis) -> None:
    assert apis.ask("Role", "/orders/7").status == 200


def test_an_api_may_have_several_stages(apis: Apis) -> None:
    url = apis.url("Role").removesuffix("v1/")
    event = json.loads(fetch(url, "/v2/orders/7").body)
    assert (event["path"], event["stageVariables"]) == ("/orders/7", {"colour": "red"})
    context = event["requestContext"]
    assert (context["stage"], context["path"]) == ("v2", "/v2/orders/7")
    assert apis.event("Role", "/orders/7")["stageVariables"] is None
    assert fetch(url, "/v3/orders/7").status == 403


def test_stage_variables_may_name_the_function(apis: Apis) -> None:
    event = apis.event("Web", "/nextto/a")
    assert (event["requestContext"]["stage"], event["rawPath"]) == ("$default", "/nextto/a")
    assert event["stageVariables"] == {"function": "Echo"}
    said = json.dumps({"statusCode": 201, "body": "said"})
    assert apis.ask("Web", "/next/a", "POST", said, content_type="text/plain").status == 201


def test_a_permission_counts_from_when_it_is_added_until_it_is_removed(apis: Apis) -> None:
    client = apis.endpoint.client()
    refused = apis.ask("Quick", "/")
    assert (refused.status, refused.body) == (500, b'{"message":"Internal Server Error"}')
    added = {
        "FunctionName": "Other",
        "StatementId": "gateway",
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": "arn:aws:execute-api:us-east-1:123456789012:quick/*/$default",
    }
    client.add_permission(**added)
    assert apis.ask("Quick", "/").status == 200
    client.remove_permission(FunctionName="Other", StatementId="gateway")
    assert apis.ask("Quick", "/").status == 500
