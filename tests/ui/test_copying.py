"""Copying: what is offered, and that copied commands do what they say."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from screen_lab import at_screen

from workbench.aws.records import Target
from workbench.ui.backend import Request
from workbench.ui.invocation_code import TooLarge, aws_command, curl_command, python_code
from workbench.ui.terminal.clipboard import clipboard_command
from workbench.ui.widgets.quick_pick import QuickPick

EVENT = '{"word": "it\'s \\"quoted\\" $HOME", "list": [true, null, 1.5]}'
AWS = Target("aws", "eu-west-1", "123456789012", "prod account")


async def test_the_menu_and_what_its_commands_do(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        hands.screen.event.load_text(EVENT, "test")
        await hands.invokes()

        async def copied(pane: str, key: str) -> str:
            hands.app.copy_to_clipboard("")
            await hands.press("escape", pane, "f7")
            await hands.opens(QuickPick, "the menu")
            await hands.press(key)
            await hands.sees(lambda: bool(hands.app.clipboard), "the copy")
            return hands.app.clipboard

        assert json.loads(await copied("3", "a"))["said"] == 'it\'s "quoted" $HOME'
        await hands.press("3", "j")
        assert await copied("3", "p") == "$.said"
        assert json.loads(await copied("3", "v")) == 'it\'s "quoted" $HOME'
        assert await copied("6", "e") == EVENT
        curl = await copied("6", "u")
        assert json.loads(output_of("sh", curl))["said"] == 'it\'s "quoted" $HOME'
        code = await copied("6", "b")
        answer = output_of(sys.executable, code)
        assert answer.startswith("200")
        assert 'it\'s \\"quoted\\" $HOME' in answer


def output_of(program: str, code: str) -> str:
    return subprocess.run([program, "-c", code], capture_output=True, text=True, check=True).stdout


def test_aws_by_curl_is_signed_with_the_profiles_credentials() -> None:
    command = curl_command(AWS, Request("a:b", EVENT, "live", "Event"))
    credentials, _, curl = command.partition(" && ")
    assert credentials == (
        "eval \"$(aws configure export-credentials --profile 'prod account' --format env)\""
    )
    words = shlex.split(curl)
    assert words[-1] == (
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/a%3Ab/invocations"
        "?Qualifier=live"
    )
    assert words[words.index("--data-binary") + 1] == EVENT
    assert "X-Amz-Invocation-Type: Event" in words


def test_the_aws_command_can_be_pasted_into_a_shell() -> None:
    target = Target("local", "us-east-1", endpoint_url="http://127.0.0.1:9")
    words = shlex.split(aws_command(target, Request("Echo", EVENT, "live", "Event")))
    assert words[2:5] == ["aws", "lambda", "invoke"]
    assert words[words.index("--payload") + 1] == EVENT
    assert words[words.index("--qualifier") + 1] == "live"
    assert words[words.index("--invocation-type") + 1] == "Event"
    assert words[words.index("--endpoint-url") + 1] == "http://127.0.0.1:9"
    aws = shlex.split(aws_command(AWS, Request("Echo", "{}")))
    assert aws[:3] == ["aws", "lambda", "invoke"]
    assert aws[aws.index("--profile") + 1] == "prod account"


@pytest.mark.parametrize("command", [aws_command, curl_command])
def test_a_huge_event_is_no_command(command: Callable[[Target, Request], str]) -> None:
    with pytest.raises(TooLarge, match="events/"):
        command(AWS, Request("Echo", "x" * 200_000))


def test_python_names_what_differs_from_the_usual() -> None:
    code = python_code(AWS, Request("orders", "no json", "live", "Event"))
    compile(code, "copied", "exec")
    assert "profile_name='prod account'" in code
    assert "Qualifier='live', InvocationType='Event', Payload=event" in code
    assert "import json" not in code


def test_over_ssh_no_program_of_the_other_machine_is_used() -> None:
    assert clipboard_command({"SSH_CONNECTION": "1 2 3 4", "DISPLAY": ":0"}) is None
    assert clipboard_command({}) is None or sys.platform == "darwin"
