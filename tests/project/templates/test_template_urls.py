"""Function URLs of SAM and CloudFormation templates."""

from __future__ import annotations

from pathlib import Path

from template_lab import load, messages

from workbench.project.records import FunctionUrl


def test_a_sam_functions_url(project: Path) -> None:
    found = load(
        project,
        """\
        Transform: AWS::Serverless-2016-10-31
        Globals: {Function: {Runtime: python3.11, FunctionUrlConfig: {AuthType: AWS_IAM}}}
        Resources:
          Open:
            Type: AWS::Serverless::Function
            Properties:
              CodeUri: src
              Handler: app.handler
              FunctionUrlConfig:
                AuthType: NONE
                InvokeMode: RESPONSE_STREAM
                Cors:
                  AllowOrigins: ["https://a.example", !Ref AWS::Region]
                  AllowCredentials: true
                  MaxAge: 60
          Signed:
            Type: AWS::Serverless::Function
            Properties: {CodeUri: src, Handler: app.handler}
        """,
    )
    assert messages(found) == []
    cors = {
        "AllowOrigins": ["https://a.example", "us-east-1"],
        "AllowCredentials": True,
        "MaxAge": 60,
    }
    assert [function.url for function in found.functions] == [
        FunctionUrl("NONE", "RESPONSE_STREAM", cors, public=True),
        FunctionUrl("AWS_IAM"),
    ]


def test_url_resources_and_their_permissions(project: Path) -> None:
    found = load(
        project,
        """\
        Resources:
          One: &function
            Type: AWS::Lambda::Function
            Properties: {Code: src, Handler: app.handler, Runtime: python3.11}
          Two: *function
          Three: *function
          OneUrl:
            Type: AWS::Lambda::Url
            Properties: {TargetFunctionArn: !GetAtt One.Arn, AuthType: NONE}
          MayUse:
            Type: AWS::Lambda::Permission
            Properties:
              FunctionName: !GetAtt One.Arn
              Action: lambda:InvokeFunctionUrl
              Principal: "*"
              FunctionUrlAuthType: NONE
          MayInvoke:
            Type: AWS::Lambda::Permission
            Properties:
              FunctionName: !Ref One
              Action: lambda:InvokeFunction
              Principal: "*"
              InvokedViaFunctionUrl: true
          TwoUrl:
            Type: AWS::Lambda::Url
            Properties: {TargetFunctionArn: !Ref Two, AuthType: NONE, InvokeMode: BUFFERED}
          AliasUrl:
            Type: AWS::Lambda::Url
            Properties: {TargetFunctionArn: !Ref Three, AuthType: NONE, Qualifier: live}
        """,
    )
    assert messages(found) == []
    assert {function.name: function.url for function in found.functions} == {
        "One": FunctionUrl("NONE", public=True),
        "Two": FunctionUrl("NONE"),
        "Three": None,
    }


def test_what_is_wrong_is_told(project: Path) -> None:
    config = "{CodeUri: src, Handler: app.handler, Runtime: python3.11, FunctionUrlConfig: %s}"
    resources = "".join(
        f"          {name}: {{Type: AWS::Serverless::Function, Properties: {config % url}}}\n"
        for name, url in (
            ("A", "{AuthType: OPEN}"),
            ("B", "{AuthType: NONE, InvokeMode: SLOW}"),
            ("C", "{AuthType: NONE, Cors: {MaxAge: soon, AllowOrigin: x}}"),
            ("D", "{AuthType: NONE, Cors: yes}"),
        )
    )
    found = load(
        project, "        Transform: AWS::Serverless-2016-10-31\n        Resources:\n" + resources
    )
    assert [function.url for function in found.functions] == [
        None,
        None,
        FunctionUrl("NONE", public=True),
        FunctionUrl("NONE", public=True),
    ]
    assert [problem.message for problem in found.problems] == [
        "The AuthType of a function URL must be NONE or AWS_IAM.",
        "The InvokeMode of a URL must be BUFFERED or RESPONSE_STREAM.",
        "MaxAge of Cors is not used here: it is not what AWS takes.",
        "AllowOrigin of Cors is not used here: it is not what AWS takes.",
        "Cors must be a mapping with AllowOrigins and the like.",
    ]
