"""Copying: what is offered, and that copied commands do what they say."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from screen_lab import at_screen

from workbench.aws.records import Target
from workbench.ui.aws_command import TooLarge
from workbench.ui.clipboard import clipboard_command
from workbench.ui.invocation_code import curl_command, python_code
from workbench.ui.widgets.quick_pick import QuickPick

EVENT = '{"word": "it\'s \\"quoted\\" $HOME", "list": [true, null, 1.5]}'
AWS = Target("aws", "eu-west-1", "123456789012", "prod account")


async def test_the_menu_and_what_its_commands_do(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        hands.screen.event.load_text(EVENT, "test")
        await hands.invokes()

        async def copied(pane: str, key: str) -> str:
            await hands.press("escape", pane, "f7")
            await hands.opens(QuickPick, "the menu")
            await hands.press(key)
            await hands.reads("Copied")
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
    command = curl_command(AWS, "a:b", EVENT, qualifier="live", invocation_type="Event")
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
    with pytest.raises(TooLarge):
        curl_command(AWS, "a", "x" * 200_000)


def test_python_names_what_differs_from_the_usual() -> None:
    code = python_code(AWS, "orders", "no json", qualifier="live", invocation_type="Event")
    compile(code, "copied", "exec")
    assert "profile_name='prod account'" in code
    assert "Qualifier='live', InvocationType='Event', Payload=event" in code
    assert "import json" not in code


def test_over_ssh_no_program_of_the_other_machine_is_used() -> None:
    assert clipboard_command({"SSH_CONNECTION": "1 2 3 4", "DISPLAY": ":0"}) is None
    assert clipboard_command({}) is None or sys.platform == "darwin"
