"""Reserved and provisioned concurrency in templates."""

from __future__ import annotations

from pathlib import Path

from template_lab import load, messages


def test_reserved_concurrency_and_what_an_alias_has(project: Path) -> None:
    found = load(
        project,
        """\
        Transform: AWS::Serverless-2016-10-31
        Globals: {Function: {Runtime: python3.11, CodeUri: src, Handler: app.handler}}
        Parameters: {Most: {Type: Number, Default: 7}}
        Resources:
          Plain: {Type: AWS::Serverless::Function}
          Ready:
            Type: AWS::Serverless::Function
            Properties:
              AutoPublishAlias: live
              ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}
              ReservedConcurrentExecutions: !Ref Most
          Stopped:
            Type: AWS::Lambda::Function
            Properties: {Runtime: python3.11, Code: src, Handler: app.handler,
                         ReservedConcurrentExecutions: 0}
        """,
    )
    assert messages(found) == []
    said = {
        each.name: (each.reserved_concurrency, each.alias, each.provisioned_concurrency)
        for each in found.functions
    }
    assert said == {
        "Plain": (None, None, None),
        "Ready": (7, "live", 2),
        "Stopped": (0, None, None),
    }


def test_what_cannot_be_is_reported_and_left_out(project: Path) -> None:
    found = load(
        project,
        """\
        Transform: AWS::Serverless-2016-10-31
        Globals: {Function: {Runtime: python3.11, CodeUri: src, Handler: app.handler}}
        Resources:
          Many:
            Type: AWS::Serverless::Function
            Properties: {ReservedConcurrentExecutions: many, AutoPublishAlias: "12"}
          Bare:
            Type: AWS::Serverless::Function
            Properties: {ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}}
        """,
    )
    assert [function.alias for function in found.functions] == [None, None]
    said = " ".join(messages(found))
    for words in (
        "ReservedConcurrentExecutions must be a whole number from 0, not “many”",
        "“12” cannot be the name of an alias",
        "ProvisionedConcurrencyConfig needs an AutoPublishAlias",
    ):
        assert words in said
