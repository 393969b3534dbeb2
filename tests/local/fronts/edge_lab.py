"""A distribution whose functions do what a request asks of them, and an origin for it."""

from __future__ import annotations

import http.server
import json
from pathlib import Path
from typing import Any

from url_lab import Reply, fetch

APP = """
import base64, json

def cf(event):
    return event["Records"][0]["cf"]

def viewer_request(event, context):
    "Does what the header x-do says; it is JSON."
    request = cf(event)["request"]
    do = json.loads(request["headers"].get("x-do", [{"value": "{}"}])[0]["value"])
    if "crash" in do:
        raise ValueError("no luck")
    if "answer" in do:
        answer = do["answer"]
        if "times" in do:
            answer["body"] *= do["times"]
        return answer
    if "measure" in do:
        body = request["body"]
        measured = [len(base64.b64decode(body["data"])), body["inputTruncated"]]
        return {"status": "200", "body": json.dumps(measured)}
    if "show" in do:
        return {"status": "200", "body": json.dumps(event)}
    request["headers"].update(do.get("headers", {}))
    for name in do.get("remove", ()):
        del request["headers"][name]
    if "replace" in do:
        request["body"].update(do["replace"])
    request.update(do.get("request", {}))
    return request

def origin_request(event, context):
    request = cf(event)["request"]
    if request["uri"] == "/generated":
        return {"status": 203, "headers": {"x-made": [{"value": "here"}]}, "body": "aGk=",
                "bodyEncoding": "base64"}
    if request["uri"] == "/elsewhere":
        request["origin"]["custom"].update(path="/other", customHeaders={
            "x-custom": [{"value": "yes"}]})
    request["headers"]["x-event"] = [{"key": "X-Event", "value": json.dumps(event)}]
    return request

def to_bucket(event, context):
    request = cf(event)["request"]
    if "show" in request["querystring"]:
        return {"status": "200", "body": json.dumps(request["origin"])}
    request["uri"] = request["uri"].removeprefix("/pages")
    return request

def origin_response(event, context):
    response = cf(event)["response"]
    if response["status"] == "404":
        return {"status": "200", "statusDescription": "OK", "headers": response["headers"],
                "body": "instead"}
    response["headers"]["x-origin-response"] = [{"key": "X-Origin-Response", "value": "seen"}]
    return response

def viewer_response(event, context):
    response = cf(event)["response"]
    if cf(event)["request"]["querystring"] == "forbidden":
        response["status"] = "201"
    if cf(event)["request"]["querystring"] == "via":
        del response["headers"]["via"]
    response["headers"]["strict-transport-security"] = [{"value": "max-age=1"}]
    return response
"""

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: src, Runtime: python3.11}}
Resources:
  ViewerRequest: {Type: AWS::Serverless::Function, Properties: {Handler: app.viewer_request}}
  OriginRequest: {Type: AWS::Serverless::Function, Properties: {Handler: app.origin_request}}
  OriginResponse: {Type: AWS::Serverless::Function, Properties: {Handler: app.origin_response}}
  ViewerResponse: {Type: AWS::Serverless::Function, Properties: {Handler: app.viewer_response}}
  ToBucket:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.to_bucket, AutoPublishAlias: live}
  Pages: {Type: AWS::S3::Bucket, Properties: {BucketName: pages}}
  ViewerResponseVersion:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref ViewerResponse}
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins:
          - Id: web
            DomainName: 127.0.0.1
            OriginPath: /site
            CustomOriginConfig: {HTTPPort: %d, OriginProtocolPolicy: http-only}
            OriginCustomHeaders: [{HeaderName: X-Secret, HeaderValue: hush}]
          - Id: nobody
            DomainName: 127.0.0.1
            CustomOriginConfig: {HTTPPort: 1, OriginProtocolPolicy: http-only}
          - Id: bucket
            DomainName: !GetAtt Pages.RegionalDomainName
            OriginPath: /site
            S3OriginConfig: {OriginAccessIdentity: origin-access-identity/cloudfront/E1}
        CacheBehaviors:
          - {PathPattern: plain/*, TargetOriginId: web}
          - {PathPattern: /away, TargetOriginId: nobody}
          - PathPattern: /pages/*
            TargetOriginId: bucket
            LambdaFunctionAssociations:
              - {EventType: origin-request, LambdaFunctionARN: !Ref ToBucket.Version}
        DefaultCacheBehavior:
          TargetOriginId: web
          LambdaFunctionAssociations:
            - EventType: viewer-request
              LambdaFunctionARN: !Sub "${ViewerRequest.Arn}:1"
              IncludeBody: true
            - {EventType: origin-request, LambdaFunctionARN: !Sub "${OriginRequest.Arn}:1"}
            - {EventType: origin-response, LambdaFunctionARN: !Sub "${OriginResponse.Arn}:1"}
            - {EventType: viewer-response, LambdaFunctionARN: !Ref ViewerResponseVersion}
"""


class Origin(http.server.BaseHTTPRequestHandler):
    """Answers with what it got."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        status = 404 if "missing" in self.path else 500 if "broken" in self.path else 200
        document = {
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": self.rfile.read(length).decode(),
        }
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


def write_project(root: Path, origin: int | None = None) -> None:
    """The files of a project with the distribution Site, whose origin is at this port; without one
    there are the functions alone."""
    (root / "src").mkdir()
    (root / "src" / "app.py").write_text(APP)
    functions, name, distribution = TEMPLATE.partition("  ViewerResponseVersion")
    text = functions if origin is None else functions + name + distribution % origin
    (root / "template.yaml").write_text(text)


def does(url: str, path: str = "/", method: str = "GET", body: Any = None, **do: Any) -> Reply:
    """A request to `url` of which the function of viewer-request does something."""
    return fetch(url, path, method, body, X_Do=json.dumps(do))
