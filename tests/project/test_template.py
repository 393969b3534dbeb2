"""SAM and CloudFormation templates, from file to functions and problems."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.project.discover import discover
from workbench.project.records import FunctionSource, Project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose `src/` and `other/` have an app.py with `handler`."""
    for folder in ("src", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").write_text("def handler(event, context): return event\n")
    return tmp_path


def load(root: Path, text: str, name: str = "template.yaml") -> Project:
    (root / name).write_text(dedent(text))
    return discover(root)


def only(found: Project) -> FunctionSource:
    assert len(found.functions) == 1, found
    return found.functions[0]


def messages(found: Project) -> list[str]:
    return [f"{p.line}:{p.column} {p.message}" for p in found.problems]


HEAD = """\
Transform: AWS::Serverless-2016-10-31
Resources:
"""
GOOD = """\
  Good:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Handler: app.handler, Runtime: python3.12}
"""


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
        "  Good:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: src\n"
        "      Handler: app.handler\n      Runtime: python3.12\n      FunctionName: good\n"
        f"      Environment:\n        Variables:\n{body}"
    )


def test_a_sam_function_with_everything(project: Path) -> None:
    (project / "layer").mkdir()
    found = load(
        project,
        """\
        Transform: AWS::Serverless-2016-10-31
        Globals:
          Function:
            Runtime: python3.11
            Timeout: 10
            Environment: {Variables: {AA: globals, BB: globals}}
            Layers: [!Ref Shared]
        Resources:
          Shared:
            Type: AWS::Serverless::LayerVersion
            Properties: {ContentUri: layer/}
          Full:
            Type: AWS::Serverless::Function
            Properties:
              FunctionName: !Sub "${AWS::StackName}-full"
              Description: Does it all
              CodeUri: ./src/
              Handler: app.handler
              Runtime: python3.12
              MemorySize: 512
              EphemeralStorage: {Size: 1024}
              Architectures: [arm64]
              Environment: {Variables: {BB: own, CC: 1}}
          Plain:
            Type: AWS::Serverless::Function
            Properties: {CodeUri: other, Handler: app.handler}
        """,
    )
    assert messages(found) == []
    full, plain = found.functions
    assert full == FunctionSource(
        name=f"{project.name}-full",
        runtime="python3.12",
        handler="app.handler",
        code=project / "src",
        declared_in=project / "template.yaml",
        declared_at=12,
        description="Does it all",
        timeout=10,
        memory_size=512,
        ephemeral_storage=1024,
        architecture="arm64",
        environment={"AA": "globals", "BB": "own", "CC": "1"},
        layers=(project / "layer",),
    )
    assert (plain.name, plain.runtime, plain.memory_size) == ("Plain", "python3.11", 128)


def test_plain_cloudformation_in_json_with_tabs(project: Path) -> None:
    document = {
        "Parameters": {"Level": {"Type": "String", "Default": "in\tfo"}},
        "Resources": {
            "Worker": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": "src",
                    "Handler": "app.handler",
                    "Runtime": "python3.12",
                    "Timeout": "soon",
                    "Environment": {
                        "Variables": {"LEVEL": {"Ref": "Level"}, "SMILE": "\U0001f600"}
                    },
                },
            }
        },
    }
    found = load(project, json.dumps(document, indent="\t"), "template.json")
    assert only(found).environment == {"LEVEL": "in\tfo", "SMILE": "\U0001f600"}
    assert only(found).declared_at == 9
    assert messages(found) == [
        "15:16 Timeout must be a whole number from 1 to 900, not “soon”: 3 is used here."
    ]


def test_cdk_output_finds_the_asset_folder(project: Path) -> None:
    document = {
        "Resources": {
            "Worker": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": {"S3Bucket": "assets", "S3Key": "x.zip"},
                    "Handler": "app.handler",
                    "Runtime": "python3.12",
                },
                "Metadata": {"aws:asset:path": "src"},
            }
        }
    }
    (project / "Stack.template.json").write_text(json.dumps(document))
    assert only(discover(project / "Stack.template.json")).code == project / "src"


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


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ("{CodeUri: src, Handler: app.handler}", "Bad has no Runtime"),
        ("{CodeUri: src, Runtime: python3.12}", "Bad has no Handler"),
        ("{CodeUri: gone, Handler: a.b, Runtime: python3.12}", "code folder gone does not exist"),
        ("{CodeUri: src, Handler: a.b, Runtime: cobol}", "“cobol” is not a Lambda runtime"),
        ("{CodeUri: src, Handler: a.b, Runtime: java21}", "java21 is not run by this version"),
        ("{CodeUri: 's3://b/k', Handler: a.b, Runtime: python3.12}", "its code lies in S3"),
        ("{CodeUri: {Bucket: b, Key: k}, Handler: a.b, Runtime: python3.12}", "lies in S3"),
        ("{PackageType: Image}", "container images are not run by this version"),
        ("{CodeUri: src, Handler: x, Runtime: provided.al2023}", "no executable file “bootstrap”"),
        ("{CodeUri: ts, Handler: app.handler, Runtime: nodejs22.x}", "is TypeScript (app.ts)"),
        ("{CodeUri: src/app.py, Handler: a.b, Runtime: python3.12}", "a folder or a .zip"),
    ],
)
def test_a_function_that_cannot_run_is_told_and_hides_no_other(
    project: Path, properties: str, words: str
) -> None:
    (project / "ts").mkdir()
    (project / "ts" / "app.ts").write_text("export const handler = 1")
    bad = f"  Bad:\n    Type: AWS::Serverless::Function\n    Properties: {properties}\n"
    found = load(project, HEAD + bad + GOOD)
    assert only(found).name == "Good"
    [problem] = found.problems
    assert words in problem.message
    assert problem.line in (3, 5)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("Timeout: 901", "Timeout must be a whole number from 1 to 900, not “901”"),
        ("MemorySize: big", "MemorySize must be"),
        ("EphemeralStorage: 512", "must be a mapping with Size"),
        ("EphemeralStorage: {Size: 1}", "Size must be"),
        ("Architectures: x86_64", "Architectures must be"),
        ("Environment: {Variables: [1]}", "must be a mapping of names"),
        ("Environment: {Variables: {9: x}}", "“9” is not a valid environment variable"),
        ("Layers: one", "Layers must be a list"),
        ("Layers: ['arn:aws:lambda:eu-west-1:1:layer:x:1']", "is on AWS: it is not used here"),
        ("Layers: [!Ref Gone]", "The layer <Gone> is on AWS"),
        ("FunctionName: 'a b'", "not a valid FunctionName"),
    ],
)
def test_a_bad_property_gets_its_default_and_a_problem(
    project: Path, extra: str, words: str
) -> None:
    text = (
        f"{HEAD}  Good:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        f"      CodeUri: src\n      Handler: app.handler\n      Runtime: python3.12\n"
        f"      {extra}\n"
    )
    found = load(project, text)
    function = only(found)
    assert (function.name, function.timeout, function.memory_size) == ("Good", 3, 128)
    assert (function.ephemeral_storage, function.architecture) == (512, "x86_64")
    assert function.layers == ()
    assert any(words in p.message and p.line == 9 for p in found.problems), found.problems


def test_what_needs_a_build_says_so_unless_it_can_run_as_it_is(project: Path) -> None:
    (project / "js").mkdir()
    (project / "js" / "app.ts").write_text("")
    text = (
        HEAD + "  Built:\n    Type: AWS::Serverless::Function\n"
        "    Metadata:\n      BuildMethod: esbuild\n"
        "    Properties: {CodeUri: js, Handler: app.handler, Runtime: nodejs22.x}\n"
    )
    found = load(project, text)
    assert found.functions == ()
    assert messages(found) == [
        "6:20 Built is built with esbuild first: run `sam build`, then open "
        ".aws-sam/build/template.yaml."
    ]
    (project / "js" / "app.js").write_text("")
    assert only(discover(project)).name == "Built"


def test_a_handler_without_a_file_loads_with_a_problem(project: Path) -> None:
    found = load(project, (HEAD + GOOD).replace("app.handler", "gone.handler"))
    assert only(found).handler == "gone.handler"
    assert messages(found) == ["5:41 Good: src has no file for the handler gone.handler."]


def test_inline_code_becomes_a_file_and_follows_the_template(project: Path) -> None:
    text = """\
        Resources:
          Inline:
            Type: AWS::Lambda::Function
            Properties:
              Handler: index.handler
              Runtime: python3.12
              Code:
                ZipFile: |
                  def handler(event, context):
                      return 1
        """
    found = load(project, text)
    assert messages(found) == []
    path = only(found).code / "index.py"
    assert path.read_text() == "def handler(event, context):\n    return 1\n"
    assert path.is_relative_to(project / ".workbench")
    load(project, text.replace("return 1", "return 2"))
    assert "return 2" in path.read_text()


def test_a_zip_is_code_too(project: Path) -> None:
    (project / "build.zip").write_bytes(b"PK")
    found = load(project, (HEAD + GOOD).replace("CodeUri: src", "CodeUri: build.zip"))
    assert only(found).code == project / "build.zip"
    assert messages(found) == []


def test_conditions_on_resources(project: Path) -> None:
    text = HEAD + GOOD + "    Condition: Never\n" + GOOD.replace("Good", "Other")
    found = load(project, text + "Conditions: {Never: !Equals [a, b]}\n")
    assert only(found).name == "Other"
    found = load(project, text)
    assert "There is no condition “Never”" in found.problems[0].message


def test_a_condition_that_depends_on_itself_ends(project: Path) -> None:
    text = HEAD + GOOD + "    Condition: One\nConditions: {One: !Not [!Condition One]}\n"
    assert any("depends on itself" in p.message for p in load(project, text).problems)


def test_two_functions_of_one_name(project: Path) -> None:
    other = GOOD.replace("Good:", "Other:").replace("{Code", "{FunctionName: Good, Code")
    found = load(project, HEAD + GOOD + other)
    assert only(found).declared_at == 3
    assert "Another function is called Good" in found.problems[0].message


@pytest.mark.parametrize(
    "broken",
    [
        '  Bad:\n    Type: "AWS::Serverless::Function\n',
        "  Bad:\n    Properties: {CodeUri: [\n",
        "  Bad:\n    Type: x\n   Properties: y\n",
        "  Bad:\n\tType: x\n",
        "  Bad:\n    Type: x: y\n",
        "  Bad:\n    Handler: *nobody\n",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_broken_resource_hides_no_other(project: Path, broken: str, first: bool) -> None:
    found = load(project, HEAD + (broken + GOOD if first else GOOD + broken))
    assert only(found).name == "Good"
    assert only(found).declared_at == (3 + broken.count("\n") if first else 3)
    assert found.problems[0].message.startswith("This is not valid YAML: ")
    assert found.problems[0].line is not None
    assert found.problems[0].column is not None


def test_broken_json_has_its_place(project: Path) -> None:
    found = load(project, '{\n  "Resources": {,}\n}', "template.json")
    assert found.functions == ()
    assert messages(found) == [
        "2:17 This is not valid JSON: Expecting property name enclosed in double quotes."
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Resources: \xff", "not UTF-8"),
        (b"a: &a [*a]\nResources: {}", "contains itself"),
        (b"[" * 5000 + b"]" * 5000, "nested too deeply"),
        (b"Resources: [1]", "Resources must be a mapping"),
    ],
)
def test_odd_files(project: Path, content: bytes, words: str) -> None:
    (project / "template.yaml").write_bytes(content)
    found = discover(project)
    assert words in found.problems[0].message


def test_anchors_merge_keys_and_duplicates(project: Path) -> None:
    found = load(
        project,
        """\
        Base: &base {Handler: app.handler, Runtime: python3.12, Timeout: 5}
        Resources:
          Good:
            Type: AWS::Lambda::Function
            Properties:
              <<: *base
              Code: src
              Timeout: 6
              Code: other
        """,
    )
    assert (only(found).timeout, only(found).code.name) == (6, "other")
    assert messages(found) == ["9:7 “Code” is here twice: only this last one counts."]


def test_a_file_that_is_no_template_gives_way_to_the_source_files(project: Path) -> None:
    found = load(project, "kind: Deployment\n")
    assert sorted(f.name for f in found.functions) == ["other", "src"]
    found = load(project, "Resources: {Jobs: {Type: 'AWS::SQS::Queue'}}\n")
    assert len(found.functions) == 2
    (project / "x.yaml").write_text("kind: Deployment\n")
    assert "not a CloudFormation template" in discover(project / "x.yaml").problems[0].message


def test_a_missing_folder(tmp_path: Path) -> None:
    assert discover(tmp_path / "gone").problems[0].message == "There is no such folder."


_CALLS = ("Ref", "Condition", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::If", "Fn::GetAtt")
_CALLS += ("Fn::FindInMap", "Fn::Split", "Fn::Base64", "Fn::Equals")
_words = st.text("ab.-${}!:'\" é\n", max_size=12)
_values = st.recursive(
    _words | st.integers() | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*_CALLS, "x"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(value=_values, timeout=_values, code=_values)
def test_no_value_whatever_breaks_the_reading(
    tmp_path_factory: pytest.TempPathFactory, value: object, timeout: object, code: object
) -> None:
    root = tmp_path_factory.getbasetemp() / "any"
    root.mkdir(exist_ok=True)
    good = {"Code": ".", "Handler": "a.b", "Runtime": "python3.12"}
    document = {
        "Conditions": {"a": value},
        "Parameters": {"a": {"Default": value}},
        "Resources": {
            "Odd": {"Type": "AWS::Lambda::Function", "Properties": {**good, "Code": code}},
            "Good": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    **good,
                    "Timeout": timeout,
                    "Environment": {"Variables": {"AA": value}},
                },
            },
        },
    }
    (root / "template.json").write_text(json.dumps(document))
    found = discover(root)
    good_one = next(f for f in found.functions if f.name == "Good")
    assert all(isinstance(text, str) for text in good_one.environment.values())
    (root / "template.json").rename(root / "same.yaml")
    assert discover(root / "same.yaml").functions is not None
