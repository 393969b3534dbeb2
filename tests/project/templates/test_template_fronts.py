"""Front doors in templates: what cannot be served is told, and nothing that stands there breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from template_lab import GOOD, HEAD, load, messages

GROUP: dict[str, Any] = {
    "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "Properties": {"TargetType": "lambda", "Targets": [{"Id": {"Fn::GetAtt": ["Good", "Arn"]}}]},
}
LISTENER: dict[str, Any] = {
    "Type": "AWS::ElasticLoadBalancingV2::Listener",
    "Properties": {"DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}]},
}
RULE: dict[str, Any] = {
    "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
    "Properties": {
        "ListenerArn": {"Ref": "Listener"},
        "Priority": 1,
        "Conditions": [{"Field": "path-pattern", "Values": ["/a"]}],
        "Actions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}],
    },
}
SITE: dict[str, Any] = {
    "Type": "AWS::CloudFront::Distribution",
    "Properties": {
        "DistributionConfig": {
            "Origins": [{"Id": "bucket", "DomainName": "b.s3.amazonaws.com", "S3OriginConfig": {}}],
            "DefaultCacheBehavior": {
                "TargetOriginId": "bucket",
                "LambdaFunctionAssociations": [
                    {
                        "EventType": "viewer-request",
                        "LambdaFunctionARN": {"Fn::Sub": "${Good.Arn}:1"},
                    }
                ],
            },
        }
    },
}
CHAT: dict[str, Any] = {
    "Type": "AWS::Serverless::WebSocketApi",
    "Properties": {
        "Routes": {
            "$default": {"FunctionArn": {"Fn::GetAtt": ["Good", "Arn"]}},
            "gone": {"FunctionArn": "nothing"},
        }
    },
}


def template(**resources: Any) -> str:
    text: str = yaml.safe_dump({"Resources": resources}, sort_keys=False)
    return HEAD + GOOD + text.partition("\n")[2]


def found(root: Path, **resources: Any) -> tuple[Any, list[str]]:
    """The front doors of a template, and what is told of it."""
    (root / "src").mkdir(exist_ok=True)
    (root / "src" / "app.py").write_text("def handler(event, context): pass\n")
    project = load(root, template(**resources))
    assert [function.name for function in project.functions] == ["Good"]
    return project.fronts, [message.partition(" ")[2] for message in messages(project)]


def test_what_cannot_be_served_is_told(tmp_path: Path) -> None:
    secret = {**RULE["Properties"], "Actions": [{"Type": "authenticate-oidc", "Order": 1},
              {**RULE["Properties"]["Actions"][0], "Order": 2}]}  # fmt: skip
    odd = {**RULE["Properties"], "Conditions": [{"Field": "moon-phase", "Values": ["full"]}]}
    fronts, told = found(
        tmp_path,
        Chat=CHAT,
        Group=GROUP,
        Listener=LISTENER,
        Secret={**RULE, "Properties": secret},
        Odd={**RULE, "Properties": odd},
        Site=SITE,
    )
    assert [(front.kind, front.name) for front in fronts] == [
        ("WEBSOCKET", "Chat"), ("ALB", "Listener"), ("EDGE", "Site"),
    ]  # fmt: skip
    assert [route.key for route in fronts[0].routes] == ["$default"]
    assert len(fronts[1].rules) == 1
    assert told == [
        "The route gone leads to no function.",
        "authenticate-oidc is not done here: everybody is let through.",
        "This rule has a condition that cannot be read; it is left out.",
    ]


def test_what_cloudfront_does_not_take_is_told(tmp_path: Path) -> None:
    text = template(Site=SITE).replace(
        "Runtime: python3.12}",
        "Runtime: python3.12, Timeout: 6, MemorySize: 256, Architectures: [arm64],"
        " Environment: {Variables: {STAGE: prod}}, Tracing: Active}",
    )
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context): pass\n")
    begins = "CloudFront does not take Good for viewer-request: "
    told = [message.partition(" ")[2] for message in messages(load(tmp_path, text))]
    assert [each.removeprefix(begins) for each in told] == [
        "its Timeout is 6 s, and 5 s the most.",
        "its MemorySize is 256 MB, and 128 MB the most.",
        "its architecture is arm64, not x86_64.",
        "it has environment variables.",
        "it has active tracing.",
    ]
    elsewhere = text.replace("${Good.Arn}:1", "arn:aws:lambda:us-east-1:1:function:Other:1")
    assert messages(load(tmp_path, elsewhere))[0].endswith("function:Other:1, is not here.")


def test_listeners_without_functions_are_left_out(tmp_path: Path) -> None:
    instances = {**GROUP, "Properties": {"TargetType": "instance", "Port": 80}}
    fronts, told = found(tmp_path, Group=instances, Listener=LISTENER)
    assert (fronts, told) == ((), [])


@pytest.mark.parametrize("garbage", [None, 5, "x", True, [], {}, [None], [[1]], {"a": {"b": []}}])
@pytest.mark.parametrize("name", ["Chat", "Group", "Listener", "Rule", "Site"])
def test_anything_may_stand_anywhere(tmp_path: Path, name: str, garbage: Any) -> None:
    whole = {"Chat": CHAT, "Group": GROUP, "Listener": LISTENER, "Rule": RULE, "Site": SITE}
    for member in whole[name]["Properties"]:
        properties = {**whole[name]["Properties"], member: garbage}
        found(tmp_path, **{**whole, name: {**whole[name], "Properties": properties}})
    config = dict.fromkeys(SITE["Properties"]["DistributionConfig"], garbage)
    site = {**SITE, "Properties": {"DistributionConfig": config}}
    found(tmp_path, **{**whole, name: {**whole[name], "Properties": garbage}, "Site": site})
