"""Values of templates: intrinsic functions, pseudo parameters, parameters, what only AWS knows."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from template_lab import load, messages, only

from workbench.project.discover import discover


def with_environment(*lines: str, sections: str = "") -> str:
    body = "".join(f"          {line}\n" for line in lines)
    return (
        f"{sections}Resources:\n"
        "  Jobs: {Type: 'AWS::SQS::Queue'}\n"
        "  Named: {Type: 'AWS::SQS::Queue', Properties: {QueueName: named}}\n"
        "  Table: {Type: 'AWS::DynamoDB::Table'}\n"
        "  Pictures: {Type: 'AWS::S3::Bucket'}\n"
        "  News: {Type: 'AWS::SNS::Topic'}\n"
        "  Odd: {Type: 'AWS::Odd::Thing'}\n"
        "  Clicks: {Type: 'AWS::Kinesis::Stream'}\n"
        "  Fan: {Type: 'AWS::Kinesis::StreamConsumer', "
        "Properties: {StreamARN: !GetAtt Clicks.Arn}}\n"
        "  Live: {Type: 'AWS::Lambda::Alias', Properties: {FunctionName: !Ref Good, Name: live}}\n"
        "  Good:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: src\n"
        "      Handler: app.handler\n      Runtime: python3.12\n      FunctionName: good\n"
        f"      Environment:\n        Variables:\n{body}"
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("!Ref AWS::Region", "us-east-1"),
        ("{Ref: AWS::AccountId}", "123456789012"),
        ("!Sub '${AWS::Partition}-${AWS::URLSuffix}'", "aws-amazonaws.com"),
        ("!Sub '${!Literal}'", "${Literal}"),
        ("!Sub ['${x}/${AWS::Region}', {x: !Ref Stage}]", "dev/us-east-1"),
        ("{'Fn::Sub': 'arn:${Stage}'}", "arn:dev"),
        ("!Sub '${Jobs.Arn}'", "arn:aws:sqs:us-east-1:123456789012:Jobs"),
        ("!Join ['-', [a, !Ref Stage, 1]]", "a-dev-1"),
        ("!Select [1, !Split [',', 'a,b,c']]", "b"),
        ("!Select [0, !Ref Zones]", "x"),
        ("!Join ['', !Ref Zones]", "xy"),
        ("!If [IsDev, yes-it-is, no]", "yes-it-is"),
        ("!If [IsProd, 1, !Ref Stage]", "dev"),
        ("!FindInMap [ByStage, !Ref Stage, Size]", "10"),
        ("!GetAtt Named.QueueName", "named"),
        ("!GetAtt [Table, Arn]", "arn:aws:dynamodb:us-east-1:123456789012:table/Table"),
        ("!Ref Jobs", "https://sqs.us-east-1.amazonaws.com/123456789012/Jobs"),
        ("!Ref Table", "Table"),
        ("!Ref Pictures", "pictures"),
        ("!Ref News", "arn:aws:sns:us-east-1:123456789012:News"),
        ("!Ref Good", "good"),
        ("!GetAtt Good.Arn", "arn:aws:lambda:us-east-1:123456789012:function:good"),
        ("!Ref Good.Version", "arn:aws:lambda:us-east-1:123456789012:function:good"),
        ("!Sub '${Good.Alias}'", "arn:aws:lambda:us-east-1:123456789012:function:good"),
        ("!Ref Live", "arn:aws:lambda:us-east-1:123456789012:function:good"),
        (
            "!GetAtt Fan.ConsumerARN",
            "arn:aws:kinesis:us-east-1:123456789012:stream/Clicks/consumer/Fan",
        ),
        ("!GetAtt GoodRole.Arn", "arn:aws:iam::123456789012:role/GoodRole"),
        ("!Base64 hi", "aGk="),
        ("!Sub 'https://${ServerlessRestApi}/Prod'", "https://serverlessrestapi/Prod"),
        ("true", "true"),
        ("0644", "0644"),
        ("1.10", "1.10"),
        ("2020-01-01", "2020-01-01"),
        ("", ""),
    ],
)
def test_environment_values(project: Path, written: str, expected: str) -> None:
    sections = dedent("""\
        Parameters:
          Stage: {Type: String, Default: dev}
          Zones: {Type: CommaDelimitedList, Default: 'x, y'}
        Conditions:
          IsDev: !Equals [!Ref Stage, dev]
          IsProd: !And [!Not [!Condition IsDev], !Equals [1, 1]]
        Mappings:
          ByStage: {dev: {Size: 10}}
        """)
    found = load(project, with_environment(f"VALUE: {written}", sections=sections))
    assert messages(found) == []
    assert only(found).environment == {"VALUE": expected}


def test_no_value_leaves_a_variable_out(project: Path) -> None:
    found = load(
        project,
        with_environment(
            "AA: !If [Never, x, !Ref AWS::NoValue]",
            "BB: b",
            sections="Conditions: {Never: !Equals [a, b]}\n",
        ),
    )
    assert only(found).environment == {"BB": "b"}


@pytest.mark.parametrize(
    ("written", "placeholder", "words"),
    [
        ("!Ref Nobody", "<Nobody>", "no parameter or resource “Nobody”"),
        ("!GetAtt Odd.Thing", "<Odd.Thing>", "known only when deployed"),
        ("!Sub 'x-${Odd.Thing}-y'", "x-<Odd.Thing>-y", "known only when deployed"),
        ("!ImportValue there", "<there>", "exported by another stack"),
        ("!Select [5, [a]]", "<Fn::Select>", "item 5 of 1"),
        ("!FindInMap [A, B, C]", "<A.B.C>", "Mappings has no A → B → C"),
        ("!Ref Secret", "<Secret>", "has no Default"),
        ("!Ref Looked", "<Looked>", "Parameter Store"),
        ("!Join nonsense", "<Fn::Join>", "not written the way"),
        ("!Frobnicate x", "<Fn::Frobnicate>", "only when deployed"),
        ("'{{resolve:ssm:/a}}'", "{{resolve:ssm:/a}}", "looked up only when deployed"),
    ],
)
def test_what_cannot_be_known_is_readable_and_reported_with_its_line(
    project: Path, written: str, placeholder: str, words: str
) -> None:
    sections = (
        "Parameters:\n  Secret: {Type: String}\n"
        "  Looked: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b}\n"
    )
    text = with_environment("AA: fine", f"BB: {written}", sections=sections)
    found = load(project, text)
    assert only(found).environment == {"AA": "fine", "BB": placeholder}
    [problem] = found.problems
    assert words in problem.message
    assert problem.line == text.splitlines().index(f"          BB: {written}") + 1
    assert problem.file == project / "template.yaml"


def test_parameters_come_from_samconfig(project: Path) -> None:
    (project / "samconfig.toml").write_text(
        "[default.global.parameters]\nstack_name = 'shop'\n"
        "[default.deploy.parameters]\n"
        'parameter_overrides = "Stage=prod ParameterKey=Word,ParameterValue=two"\n'
    )
    sections = "Parameters: {Stage: {Type: String, Default: dev}, Word: {Type: String}}\n"
    found = load(
        project,
        with_environment("AA: !Sub '${Stage}-${Word}-${AWS::StackName}'", sections=sections),
    )
    assert only(found).environment == {"AA": "prod-two-shop"}
    (project / "samconfig.toml").write_text("version = 0.1\nbroken")
    found = discover(project)
    assert found.problems[0].file.name == "samconfig.toml"
    assert found.problems[0].line == 2
    assert only(found).environment["AA"].startswith("dev-<Word>-")
