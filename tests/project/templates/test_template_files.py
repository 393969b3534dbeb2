"""Templates as files: broken YAML and JSON, odd contents, what is no template at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from template_lab import GOOD, HEAD, load, messages, only

from workbench.project.discover import discover


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
    ids=["encoding", "cycle", "depth", "list"],
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
