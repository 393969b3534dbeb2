"""The details of a function: on AWS, where a part may be refused, and on the local Lambda."""

from __future__ import annotations

from pathlib import Path

from aws_lab import AwsLab
from screen_lab import ECHO, Hands, at_screen

from workbench.ui.screens.details import DetailsScreen
from workbench.ui.widgets.form import FormDialog


async def opens_details(hands: Hands) -> None:
    await hands.press("1", "d")
    await hands.sees(lambda: isinstance(hands.app.screen, DetailsScreen), "the details")


async def test_a_function_of_aws_in_words(shop: Path, aws: AwsLab) -> None:
    variables = {"TABLE": "orders", "API_KEY": "0123456789abcdef"}
    aws.create("Shown", {"app.py": ECHO}, Environment={"Variables": variables})
    aws.local.add_permission(
        FunctionName="Shown",
        StatementId="photos",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::photos",
    )
    aws.deny("GetRole")
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await opens_details(hands)
        await hands.reads("The local Lambda asks no role.")
        await hands.press("escape")
        await hands.goes_to_aws()
        await hands.on_function("Shown")
        await hands.invokes()
        await hands.press("1", "plus")
        await hands.reads("· 0 of 1")
        await hands.press("plus")
        await opens_details(hands)
        await hands.reads("· 0 of 1")
        await hands.reads("S3 bucket photos may invoke this")
        await hands.reads("●●●●●● hidden (16 characters)")
        await hands.reads("▲ who may take it: User: ")
        await hands.reads("may s3:GetObject on photos/*")
        assert "0123456789abcdef" not in hands.text()
        await hands.press("s")
        await hands.reads("0123456789abcdef")
        aws.denied.clear()

        def measured() -> bool:
            if "Invocations" in hands.text():
                return True
            if "Nothing in the last 3 hours" in hands.text():  # it is not written yet
                hands.app.simulate_key("r")
            return False

        await hands.sees(measured, "the metrics")
        await hands.press("r")
        await hands.sees(lambda: "who may take it" not in hands.text(), "the role anew")
        await hands.reads("may s3:GetObject on photos/*")
        await hands.press("t")
        await hands.reads("the last 24 hours, all versions")
        await hands.press("G", "c")
        await hands.opens(FormDialog, "the form of the concurrency")
        await hands.press("5", "enter")
        await hands.reads("Reserved concurrency none  becomes  5 for")
        await hands.press("y")
        await hands.reads("5: more at the same time are throttled")
        assert aws.local.get_function_concurrency(FunctionName="Shown")[
            "ReservedConcurrentExecutions"
        ] == 5  # fmt: skip
        await hands.reads("twice more, after 1 and 2 min")
        # A slow network blocks no key.
        aws.latency = 5.0
        await hands.press("r", "s")
        await hands.sees(
            lambda: "Secrets are hidden" in hands.text() and "reading …" in hands.text(),
            "the key's effect before the answers",
        )
        await hands.press("escape")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
