"""`workbench events`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_shell import run


def test_events_list_show_and_generate(tmp_path: Path) -> None:
    listed = json.loads(run("events", "list", cwd=tmp_path).stdout)
    assert len(listed) >= 60
    assert {"Name", "Service", "Title", "Description", "InvocationType", "Documentation"} == set(
        listed[0]
    )
    found = json.loads(run("events", "list", "s3", "put", cwd=tmp_path).stdout)
    assert found[0]["Name"] == "s3-put"
    shown = json.loads(run("events", "show", "s3-put", cwd=tmp_path).stdout)
    assert "bucket" in [parameter["Name"] for parameter in shown["Parameters"]]
    assert shown["Event"]["Records"]
    generated = run("events", "generate", "s3-put", "--bucket", "photos", cwd=tmp_path)
    assert json.loads(generated.stdout)["Records"][0]["s3"]["bucket"]["name"] == "photos"


def test_the_parameters_of_an_event_are_its_options(tmp_path: Path) -> None:
    text = run("events", "generate", "s3-put", "--help", cwd=tmp_path).stdout
    assert "--bucket VALUE" in text and "--region VALUE" in text


def test_every_event_can_be_generated_with_every_option(tmp_path: Path) -> None:
    import argparse

    from workbench.cli.events import add_parameters
    from workbench.samples import catalogue

    for event in catalogue():
        parser = argparse.ArgumentParser()
        parser.add_argument("--save-as")
        parser.add_argument("--project")
        names = add_parameters(parser, event)
        assert {parameter.name for parameter in event.parameters} <= set(names)
        assert parser.format_help()


def test_a_generated_event_is_saved_and_invoked(shop: Path) -> None:
    words = ["events", "generate", "sqs-message", "--save-as", "Echo/an order"]
    names = [each["Name"] for each in json.loads(run("events", "list", "sqs", cwd=shop).stdout)]
    words[2] = names[0]
    saved = run(*words, cwd=shop)
    assert saved.stdout == f"{shop}/events/Echo/an order.json\n"
    result = run("invoke", "Echo", "--event", "an order", cwd=shop)
    assert json.loads(result.stdout) == json.loads(Path(saved.stdout.strip()).read_text())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "s3-putt"], "did you mean s3-put"),
        (["generate", "s3-putt"], "did you mean s3-put"),
        (["generate", "s3-put", "--bukket", "x"], "did you mean bucket"),
        (["generate", "s3-put", "--save-as", "x"], "FUNCTION/NAME"),
        ([], "ACTION"),
    ],
)
def test_events_that_are_not_there(words: list[str], message: str, tmp_path: Path) -> None:
    result = run("events", *words, cwd=tmp_path)
    assert result.returncode == 2
    assert message in result.stderr
