"""A project with two WebSocket APIs, Chat and Guarded, and what they leave behind."""

from __future__ import annotations

import json
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

APP = """
import json, os, boto3

def connect(event, context):
    query = event.get("queryStringParameters") or {}
    if "crash" in query:
        raise ValueError("no luck")
    if "nothing" in query:
        return None
    answer = {"statusCode": int(query.get("status", 200)), "body": json.dumps(event)}
    protocol = event["headers"].get("Sec-WebSocket-Protocol")
    if protocol:
        answer["headers"] = {"Sec-WebSocket-Protocol": protocol.split(",")[0]}
    return answer

def authorize(event, context):
    who = event["queryStringParameters"]["who"]
    if who == "stranger":
        raise Exception("Unauthorized")
    effect = "Deny" if who == "foe" else "Allow"
    return {
        "principalId": who,
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}]},
        "context": {"asked": json.dumps(event), "n": 1},
    }

def disconnect(event, context):
    open(os.environ["LEFT"], "a").write(json.dumps(event) + chr(10))

def echo(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}

def fail(event, context):
    raise ValueError("no luck")

def back(event, context):
    "Speaks to its client as functions on AWS do."
    at = event["requestContext"]
    client = boto3.client(
        "apigatewaymanagementapi", endpoint_url=f"http://{at['domainName']}/{at['stage']}"
    )
    client.post_to_connection(ConnectionId=at["connectionId"], Data=b"from the function")
"""

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    CodeUri: src
    Runtime: python3.11
    Environment: {Variables: {LEFT: %s}}
Resources:
  Connect: {Type: AWS::Serverless::Function, Properties: {Handler: app.connect}}
  Authorize: {Type: AWS::Serverless::Function, Properties: {Handler: app.authorize}}
  Disconnect: {Type: AWS::Serverless::Function, Properties: {Handler: app.disconnect}}
  Echo: {Type: AWS::Serverless::Function, Properties: {Handler: app.echo}}
  Fail: {Type: AWS::Serverless::Function, Properties: {Handler: app.fail}}
  Back: {Type: AWS::Serverless::Function, Properties: {Handler: app.back}}
  Blocked: {Type: AWS::Serverless::Function, Properties: {Handler: app.back}}
  Chat:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: chat
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: $request.body.action
  Live:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Chat, StageName: live, StageVariables: {color: blue, way: ack}}
  Next:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Chat, StageName: next, StageVariables: {color: red, way: locked}}
  Guarded:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: in
      Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Authorize.Arn,
             IdentitySource: [route.request.querystring.who]}
      Routes:
        $connect: {FunctionArn: !GetAtt Connect.Arn}
        $default: {FunctionArn: !GetAtt Echo.Arn, RouteResponseSelectionExpression: $default}
"""

ROUTE = """
  {id}Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Chat
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/arn:aws:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{function}/invocations
  {id}Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Chat
      RouteKey: {key}
      RouteResponseSelectionExpression: $default
      Target: !Sub integrations/${{{id}Integration}}
"""  # noqa: E501
PERMISSION = """
  {function}Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref {function}
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Chat}}/*
"""
RESPONSE = """
  {id}Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {{ApiId: !Ref Chat, RouteId: !Ref {id}Route, RouteResponseKey: $default}}
"""
ROUTES = (
    ("Connect", "$connect", "Connect", False),
    ("Disconnect", "$disconnect", "Disconnect", False),
    ("Default", "$default", "Echo", True),
    ("Ask", "ask", "Echo", True),
    ("Silent", "silent", "Echo", False),
    ("Fail", "fail", "Fail", False),
    ("Back", "back", "B${!stageVariables.way}", False),
)


def write_project(root: Path) -> None:
    """The project's files. What `$disconnect` gets is added to `root / "left"`."""
    (root / "src").mkdir()
    (root / "src" / "app.py").write_text(APP)
    text = dedent(TEMPLATE) % (root / "left")
    for id_, key, function, responds in ROUTES:
        text += ROUTE.format(id=id_, key=key, function=function)
        text += RESPONSE.format(id=id_) if responds else ""
    for function in ("Connect", "Disconnect", "Echo", "Fail", "Back"):
        text += PERMISSION.format(function=function)
    (root / "template.yaml").write_text(text)


def management(url: str) -> Any:
    """A client of the connections of the API at `url`."""
    import boto3

    return boto3.client(
        "apigatewaymanagementapi", endpoint_url=url.replace("ws://", "http://"),
        region_name="us-east-1", aws_access_key_id="AKID", aws_secret_access_key="secret",
    )  # fmt: skip


def left(project: Path, connection_id: str) -> dict[str, Any]:
    """The event of the end of a connection, once it came."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        lines = (project / "left").read_text().splitlines() if (project / "left").exists() else []
        for event in map(json.loads, lines):
            if event["requestContext"]["connectionId"] == connection_id:
                return event  # type: ignore[no-any-return]
        time.sleep(0.02)
    raise AssertionError("$disconnect was not called")
