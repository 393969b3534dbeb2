"""Functions of SAM and CloudFormation templates: their properties, their code, their conditions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from template_lab import GOOD, HEAD, load, messages, only

from workbench.project.discover import discover
from workbench.project.records import FunctionSource


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
              Tracing: Active
              LoggingConfig: {LogFormat: JSON, LogGroup: /shop/orders, SystemLogLevel: WARN}
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
        description="Does it all",
        timeout=10,
        memory_size=512,
        ephemeral_storage=1024,
        architecture="arm64",
        active_tracing=True,
        logging={"LogFormat": "JSON", "LogGroup": "/shop/orders", "SystemLogLevel": "WARN"},
        environment={"AA": "globals", "BB": "own", "CC": "1"},
        layers=(project / "layer",),
    )
    assert (plain.name, plain.runtime, plain.memory_size) == ("Plain", "python3.11", 128)


def test_what_lambda_takes_of_logging_is_kept(project: Path) -> None:
    found = load(
        project,
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Plain:
            Type: AWS::Serverless::Function
            Properties:
              CodeUri: other
              Handler: app.handler
              Runtime: python3.11
              LoggingConfig: {LogGroup: aws/x, SystemLogLevel: LOUD, ApplicationLogLevel: INFO}
        """,
    )
    assert found.functions[0].logging == {}
    assert [message.partition(" ")[2] for message in messages(found)] == [
        "“aws/x” cannot be the name of a log group.",
        "SystemLogLevel must be one of DEBUG, INFO, WARN.",
        "ApplicationLogLevel has no effect unless LogFormat is JSON.",
    ]


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
    ("properties", "words"),
    [
        ("{CodeUri: src, Handler: app.handler}", "Bad has no Runtime"),
        ("{CodeUri: src, Runtime: python3.12}", "Bad has no Handler"),
        ("{CodeUri: gone, Handler: a.b, Runtime: python3.12}", "code folder gone does not exist"),
        ("{CodeUri: src, Handler: a.b, Runtime: cobol}", "“cobol” is not a Lambda runtime"),
        ("{CodeUri: src, Handler: a.b, Runtime: java21}", "java21 is not run by this version"),
        ("{CodeUri: 's3://b/k', Handler: a.b, Runtime: python3.12}", "its code lies in S3"),
        ("{CodeUri: {Bucket: b, Key: k}, Handler: a.b, Runtime: python3.12}", "lies in S3"),
        ("{PackageType: Image}", "run `docker build -t bad .` and add ImageUri: bad, or run"),
        ("{CodeUri: src, Handler: x, Runtime: provided.al2023}", "no executable file “bootstrap”"),
        ("{CodeUri: ts, Handler: app.handler, Runtime: nodejs22.x}", "is TypeScript (app.ts)"),
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
    assert messages(found) == ["5:41 Good: src/ has no file for the handler gone.handler."]


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


def test_a_file_alone_is_code_too(project: Path) -> None:
    found = load(project, (HEAD + GOOD).replace("CodeUri: src", "CodeUri: src/app.py"))
    assert only(found).code == project / "src" and messages(found) == []


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
    assert only(found).name == "Good"
    assert "Another function is called Good" in found.problems[0].message


def test_container_images(project: Path) -> None:
    document = {
        "Resources": {
            "Sam": {
                "Type": "AWS::Serverless::Function",
                "Metadata": {"Dockerfile": "Dockerfile", "DockerContext": "src"},
                "Properties": {
                    "PackageType": "Image",
                    "ImageUri": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr/x:1"},
                    "ImageConfig": {"Command": ["app.handler"], "WorkingDirectory": "/w"},
                    "MemorySize": 512,
                },
            },
            "Plain": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"PackageType": "Image", "Code": {"ImageUri": "y"}, "Role": "r"},
            },
            "Unbuilt": {
                "Type": "AWS::Serverless::Function",
                "Metadata": {"Dockerfile": "Dockerfile.dev", "DockerContext": "./src"},
                "Properties": {"PackageType": "Image"},
            },
        }
    }
    (project / "template.json").write_text(json.dumps(document))
    found = discover(project / "template.json", account="123456789012")
    plain, sam = sorted(found.functions, key=lambda function: function.name)
    assert (sam.image_uri, sam.memory_size) == ("123456789012.dkr.ecr/x:1", 512)
    assert sam.image_config == {"Command": ["app.handler"], "WorkingDirectory": "/w"}
    assert (plain.image_uri, plain.runtime, plain.handler) == ("y", "", "")
    assert plain.folders == ()
    (problem,) = found.problems
    assert problem.message == (
        "Unbuilt is a container image to be built: run `docker build -t unbuilt "
        "-f ./src/Dockerfile.dev ./src` and add ImageUri: unbuilt, or run `sam build` and open "
        ".aws-sam/build/template.yaml."
    )
