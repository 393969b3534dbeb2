"""SAM's DeploymentPreference: how a function is deployed, in the names of whoever deploys it."""

from __future__ import annotations

from pathlib import Path

from template_lab import load, messages

from workbench.aws.deploying.preference import preference_of
from workbench.project.records import DeploymentPreference


def test_a_deployment_preference(project: Path) -> None:
    found = load(
        project,
        """\
        Transform: AWS::Serverless-2016-10-31
        Globals:
          Function:
            {Runtime: python3.11, CodeUri: src, Handler: app.handler, AutoPublishAlias: live,
             DeploymentPreference: {Type: Linear10PercentEvery1Minute}}
        Parameters: {Careful: {Type: String, Default: "false"}}
        Resources:
          Shared: {Type: AWS::Serverless::Function}
          Own:
            Type: AWS::Serverless::Function
            Properties:
              DeploymentPreference:
                Type: CodeDeployDefault.LambdaAllAtOnce
                Hooks: {PreTraffic: !Ref Check, PostTraffic: !GetAtt Named.Arn}
                Alarms: [!Ref Wrong, prod-errors]
          Check:
            Type: AWS::Serverless::Function
            Properties: {DeploymentPreference: {Enabled: !Ref Careful}}
          Named:
            Type: AWS::Serverless::Function
            Properties: {FunctionName: CodeDeployHook_after, DeploymentPreference: {Type: Mine}}
          Wrong: {Type: AWS::CloudWatch::Alarm, Properties: {}}
          Plain: {Type: AWS::Lambda::Function, Properties:
            {Runtime: python3.11, Code: src, Handler: app.handler}}
        """,
    )
    assert messages(found) == []
    own = DeploymentPreference(
        "AllAtOnce", "Check", "CodeDeployHook_after", ("Wrong", "prod-errors")
    )
    assert {each.name: each.deployment for each in found.functions} == {
        "Shared": DeploymentPreference("Linear10PercentEvery1Minute"),
        "Own": own,
        "Check": None,
        "CodeDeployHook_after": DeploymentPreference("Mine"),
        "Plain": None,
    }
    assert preference_of("Own", found.functions, ()) == own
    deployed = ["shop-Own-1AB2CD3EF4GH", "shop-Check-0AB2CD3EF4GH", "CodeDeployHook_after"]
    there = preference_of(deployed[0], found.functions, deployed)
    assert there is not None
    assert (there.before_hook, there.after_hook) == (deployed[1], deployed[2])
    assert preference_of("Other", found.functions, deployed) is None
