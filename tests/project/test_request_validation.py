"""What templates say of validating requests to REST APIs: as OpenAPI, and resource by resource."""

from __future__ import annotations

from pathlib import Path

import pytest
from template_lab import load, messages

from workbench.project.front_doors.apis import Source, Validation

FUNCTION = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Handler: app.handler, Runtime: python3.12}
"""
URI = "{Fn::Sub: 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations'}"  # noqa: E501
ITEM = {"type": "object", "required": ["sku"]}
EXPECTED = Validation(
    (Source("querystring", "page"),),
    {
        "application/json": {
            "$ref": "#/definitions/Item",
            "definitions": {"Item": ITEM},
        }
    },
)

OPENAPI = f"""\
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: dev
      DefinitionBody:
        openapi: 3.0.1
        x-amazon-apigateway-request-validators:
          all: {{validateRequestBody: true, validateRequestParameters: true}}
          none: {{}}
        x-amazon-apigateway-request-validator: all
        components: {{schemas: {{Item: {{type: object, required: [sku]}}}}}}
        paths:
          /items:
            post:
              parameters:
                - {{name: page, in: query, required: true}}
                - {{name: size, in: query}}
              requestBody:
                content: {{application/json: {{schema: {{$ref: "#/components/schemas/Item"}}}}}}
              x-amazon-apigateway-integration: {{type: aws_proxy, uri: {URI}}}
            get:
              x-amazon-apigateway-request-validator: none
              parameters: [{{name: page, in: query, required: true}}]
              x-amazon-apigateway-integration: {{type: aws_proxy, uri: {URI}}}
"""
SWAGGER = f"""\
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: dev
      DefinitionBody:
        swagger: "2.0"
        x-amazon-apigateway-request-validators:
          all: {{validateRequestBody: true, validateRequestParameters: true}}
        definitions: {{Item: {{type: object, required: [sku]}}}}
        paths:
          /items:
            post:
              x-amazon-apigateway-request-validator: all
              parameters:
                - {{name: page, in: query, required: true}}
                - {{name: Item, in: body, schema: {{$ref: "#/definitions/Item"}}}}
              x-amazon-apigateway-integration: {{type: aws_proxy, uri: {URI}}}
            get:
              x-amazon-apigateway-integration: {{type: aws_proxy, uri: {URI}}}
"""
RESOURCES = f"""\
  Shop: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: shop}}}}
  Items:
    Type: AWS::ApiGateway::Resource
    Properties: {{RestApiId: !Ref Shop, ParentId: !GetAtt Shop.RootResourceId, PathPart: items}}
  Validator:
    Type: AWS::ApiGateway::RequestValidator
    Properties:
      RestApiId: !Ref Shop
      ValidateRequestBody: true
      ValidateRequestParameters: true
  Item:
    Type: AWS::ApiGateway::Model
    Properties: {{RestApiId: !Ref Shop, Schema: {{type: object, required: [sku]}}}}
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Shop
      ResourceId: !Ref Items
      HttpMethod: POST
      AuthorizationType: NONE
      RequestValidatorId: !Ref Validator
      RequestModels: {{application/json: !Ref Item}}
      RequestParameters:
        method.request.querystring.page: true
        method.request.querystring.size: false
      Integration: {{Type: AWS_PROXY, Uri: {URI}}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Shop
      ResourceId: !Ref Items
      HttpMethod: GET
      AuthorizationType: NONE
      RequestParameters: {{method.request.querystring.page: true}}
      Integration: {{Type: AWS_PROXY, Uri: {URI}}}
"""


@pytest.mark.parametrize("api", [OPENAPI, SWAGGER, RESOURCES], ids=["3", "2", "resources"])
def test_validators_models_and_required_parameters(project: Path, api: str) -> None:
    found = load(project, FUNCTION + api)
    assert messages(found) == []
    [shop] = found.apis
    validations = {route.method: route.validation for route in shop.routes}
    assert validations == {"POST": EXPECTED, "GET": None}
