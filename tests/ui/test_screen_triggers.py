"""Pane 7 on a real local Lambda: sources and front doors, what they do, and what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from screen_lab import Hands, at_screen, end_server, make_project

from workbench.aws.lambda_client import LambdaClient
from workbench.ui.backend import Backend
from workbench.ui.messages import Connected
from workbench.ui.widgets.dialogs import Confirm
from workbench.ui.widgets.dialogs import Message as MessageDialog
from workbench.ui.widgets.form import FormDialog
from workbench.ui.widgets.fuzzy_list import Row

SOURCES = """
        Orders: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        Web: {Type: HttpApi, Properties: {Path: /hello, Method: get}}
"""
CLICKS = """
        Clicks:
          Type: Kinesis
          Properties: {Stream: !GetAtt Stream.Arn, StartingPosition: TRIM_HORIZON, BatchSize: 1}
"""
RESOURCES = """
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: orders
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
"""


def add_sources(root: Path) -> None:
    """Let Echo have a queue and an HTTP API, and Broken a stream."""
    template = root / "template.yaml"
    text = template.read_text()
    for name, events in (("echo", SOURCES), ("broken", CLICKS)):
        properties = f"CodeUri: {name}/\n"
        text = text.replace(properties, f"{properties}      Events:{events.rstrip()}\n")
    template.write_text(text + RESOURCES.lstrip("\n"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("triggers") / "shop"
    make_project(root)
    add_sources(root)
    yield root
    end_server(root)


def client(hands: Hands, service: str) -> Any:
    backend = hands.screen.session.backend
    assert backend is not None
    return boto3.client(
        service,
        endpoint_url=backend.target.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
    )


def row_of(hands: Hands, name: str) -> Row:
    """A trigger's row; LookupError while there is none."""
    rows = [r for r in hands.screen.triggers.rows.rows if name in str(r.search).splitlines()]
    return rows[0]


def state_of(hands: Hands, name: str) -> str:
    return str(row_of(hands, name).columns[1])


async def on_row(hands: Hands, name: str) -> None:
    """Put the cursor on a trigger."""
    triggers = hands.screen.triggers
    await hands.sees(lambda: bool(row_of(hands, name)), name)
    row = row_of(hands, name).id
    triggers.rows.highlight(row)
    await hands.sees(lambda: triggers.trigger is not None and triggers.trigger.id == row, name)


async def test_a_queue_is_paused_resumed_sent_to_and_redriven(root: Path) -> None:
    async with at_screen(root) as hands:
        await hands.on_function("Echo")
        await hands.press("7")
        await on_row(hands, "orders")
        await hands.sees(lambda: state_of(hands, "orders") == "● Enabled", "the queue enabled")
        await hands.reads("enter details   p pause   t test   d redrive   a all   f1 help")
        await hands.press("p")
        await hands.sees(lambda: state_of(hands, "orders") == "‖ Disabled", "the queue paused")
        await hands.press("t")
        await hands.opens(FormDialog, "the form of a message")
        await hands.press("ctrl+j")
        await hands.reads("Sent to orders")
        await hands.press("p")
        await hands.sees(lambda: state_of(hands, "orders") == "● Enabled", "the queue resumed")
        await hands.sees(lambda: len(hands.screen.history.rows.rows) >= 1, "the invocation")
        await hands.press("d")
        await hands.reads("There is nothing in dead")
        await hands.press("enter")
        await hands.opens(MessageDialog, "the details")
        await hands.reads("UUID ")
        await hands.reads("0 messages in its dead-letter queue dead")
        await hands.press("escape")
        await hands.press("y")
        await hands.reads("Copied the ARN")
        await hands.press("o")
        await hands.reads("SQS has no address to open.")


async def test_a_stalled_shard_says_what_holds_it_up(root: Path) -> None:
    async with at_screen(root, (80, 24)) as hands:
        await hands.on_function("Broken")
        kinesis = client(hands, "kinesis")
        record = {"StreamName": "clicks", "PartitionKey": "k"}
        for data in (b"1", b"2", b"3"):
            await asyncio.to_thread(kinesis.put_record, Data=data, **record)
        kinesis.close()
        await hands.press("7")
        await hands.sees(lambda: state_of(hands, "clicks") == "▲ Stalled", "the stalled shard")
        await hands.reads("2 records wait behind it")
        assert "shard 0: record " in hands.text() and "▲ 1 stalled" in hands.text()
        await hands.press("p")
        await hands.sees(lambda: state_of(hands, "clicks") == "‖ Disabled", "no more tries")


async def test_a_front_door_and_the_request_that_fails(root: Path) -> None:
    async with at_screen(root, (240, 60)) as hands:
        await hands.on_function("Slow")
        await hands.press("7")
        await hands.reads("Nothing invokes Slow by itself.")
        assert hands.screen.logs in hands.screen.area.visible_panes()
        await hands.press("a")
        await on_row(hands, "ServerlessHttpApi")
        await hands.reads("GET /hello → Echo")
        await hands.reads("^j invoke   o open   y copy   enter details   a all   f1 help")
        await hands.press("t")
        await hands.reads("open it in the browser")
        await hands.press("y")
        await hands.reads("Copied the address")
        trigger = hands.screen.triggers.trigger
        assert trigger is not None and trigger.page and trigger.page.endswith("/hello")
        opened: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "workbench.ui.panes.triggers.open_in_browser", lambda node, url: opened.append(url)
            )
            await hands.press("o")
            await hands.sees(lambda: opened == [trigger.page], "the browser")
        # A request that no route takes is told of by the server.
        await asyncio.to_thread(fetch, trigger.url or "", "nowhere")
        await hands.reads("/nowhere of ServerlessHttpApi answered 404")


def fetch(url: str, path: str) -> None:
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url + path, timeout=20)
    error.value.close()


async def test_on_aws_policies_are_words_and_changes_ask(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    async with at_screen(root) as hands:
        await hands.on_function("Echo")
        local = hands.screen.session.backend
        assert local is not None
        functions = client(hands, "lambda")
        await asyncio.to_thread(
            functions.add_permission,
            FunctionName="Echo",
            StatementId="photos",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn="arn:aws:s3:::photos",
        )
        functions.close()
        await hands.sees(lambda: state_of(hands, "orders") == "● Enabled", "the queue enabled")
        target = replace(local.target, kind="aws", account="123456789012", profile=None)
        hands.screen.post_message(Connected(Backend(root, target, LambdaClient(target))))
        await hands.sees(lambda: hands.screen.session.is_aws, "the AWS target")
        await hands.on_function("Echo")
        await hands.press("7")
        await hands.reads("S3 bucket photos may invoke")
        await hands.reads("AWS does not tell what its pollers do")
        await on_row(hands, "photos")
        await hands.press("p")
        await hands.reads("A permission cannot be paused")
        await on_row(hands, "orders")
        await hands.sees(lambda: state_of(hands, "orders") == "● Enabled", "AWS's word for it")
        await hands.press("p")
        await hands.opens(Confirm, "the question")
        await hands.reads("arn:aws:sqs:us-east-1:123456789012:orders")
        await hands.press("n")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the question closed")
        assert state_of(hands, "orders") == "● Enabled"
