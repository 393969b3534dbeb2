"""Versions and aliases, key by key, on a real local Lambda: weights, history, diffs, canaries."""

from __future__ import annotations

from pathlib import Path

from aws_lab import AwsLab
from screen_lab import ECHO, Hands, at_screen
from textual.widgets import Select

from workbench.aws.deploying.alias_history import AliasHistory
from workbench.aws.deploying.deployments import Deployments
from workbench.ui.screens.canary import CanaryScreen
from workbench.ui.screens.version_diff import VersionDiffScreen
from workbench.ui.screens.weight import WeightScreen
from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.diff_view import DiffView
from workbench.ui.widgets.form import FormDialog
from workbench.ui.widgets.fuzzy_list import FuzzyList


async def publish(hands: Hands, project: Path, *descriptions: str) -> None:
    """Publish versions of Echo whose code differs by a comment."""
    await hands.on_function("Echo")
    await hands.press("5")
    for number, description in enumerate(descriptions, 1):
        (project / "echo" / "app.py").write_text(ECHO + f"\n# {description}\n")
        await hands.press("p")
        await hands.opens(FormDialog, "the form")
        await hands.type(description)
        await hands.press("ctrl+j")
        await hands.reads(f"v{number}  {description}")


async def create_alias(hands: Hands, name: str) -> None:
    """Create an alias of the version under the cursor."""
    await hands.press("a")
    await hands.opens(FormDialog, "the form")
    await hands.type(name)
    await hands.press("ctrl+j")
    await hands.sees(lambda: name in hands.screen.versions.aliases, "the alias")
    hands.screen.versions.rows.highlight(name)


async def test_an_alias_is_weighted_moved_rolled_back_and_deleted(project: Path) -> None:
    async with at_screen(project) as hands:
        await publish(hands, project, "one", "two")
        versions = hands.screen.versions
        versions.rows.highlight("1")
        await create_alias(hands, "live")

        def leads_to(version: str, **weights: float) -> bool:
            alias = versions.aliases["live"]
            given = {name.lstrip("v"): share for name, share in weights.items()}
            return (alias.function_version, dict(alias.weights)) == (version, given)

        await hands.press("space")
        await hands.sees(lambda: hands.screen.session.qualifier == "live", "the alias chosen")
        await hands.press("b")
        await hands.reads("was not seen from here")
        await hands.press("g", "G", "w")  # on a version: the only alias is meant
        await hands.opens(WeightScreen, "the bars")
        await hands.press("right", "right", "shift+left", "enter")
        await hands.sees(lambda: leads_to("1", v2=0.19), "a weight")
        await hands.reads("81% v1 · 19% v2")
        shown = await hands.invokes()
        assert shown.qualifier == "live"
        assert shown.executed_version in ("1", "2")
        await hands.press("5")
        await hands.sees(lambda: versions.counts.of("live") == (1, 0), "it counted")
        assert versions.counts.of(shown.executed_version) == (1, 0)
        await hands.reads("1×")
        await hands.press("b")
        await hands.sees(lambda: leads_to("1"), "no weight any more")
        await hands.press("w")
        await hands.opens(WeightScreen, "the bars")
        await hands.press("end", "enter")
        await hands.sees(lambda: leads_to("2"), "the alias moved")
        await hands.press("b")
        await hands.sees(lambda: leads_to("1"), "the alias rolled back")
        await hands.press("H")
        await hands.opens(Choose, "the history")
        for words in ("changes made or seen", "created", "weighted", "moved", "rolled back"):
            assert words in hands.text()
        await hands.type("moved")
        await hands.press("enter")
        await hands.sees(lambda: leads_to("2"), "where it led before")
        await hands.press("D")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.sees(lambda: not versions.aliases, "no alias")
        await hands.sees(lambda: hands.screen.session.qualifier is None, "$LATEST chosen again")


async def test_versions_are_compared_and_deployed_by_a_canary(project: Path) -> None:
    template = project / "template.yaml"
    preference = "{Type: Canary10Percent30Minutes, Hooks: {PostTraffic: !Ref Broken}}"
    echo = "CodeUri: echo/\n"
    template.write_text(
        template.read_text().replace(echo, f"{echo}      DeploymentPreference: {preference}\n")
    )
    async with at_screen(project, (80, 24)) as hands:
        await publish(hands, project, "one", "two")
        hands.screen.versions.rows.highlight("2")
        await hands.press("d")
        await hands.opens(VersionDiffScreen, "the comparison")
        await hands.reads("1 file differs · same settings")
        await hands.sees(
            lambda: hands.app.screen.query_one(DiffView).summary == "+1 −1", "the change"
        )
        assert "Echo: v1 → v2" in hands.text()
        await hands.press("w")
        await hands.opens(Choose, "the versions")
        await hands.type("latest")
        await hands.press("enter")
        await hands.reads("Echo: v1 → $LATEST")
        await hands.press("x")
        await hands.reads("Echo: $LATEST → v1")
        await hands.sees(
            lambda: hands.app.screen.query_one(FuzzyList).highlighted == "/app.py", "the file"
        )
        await hands.press("escape")

        hands.screen.versions.rows.highlight("1")
        await create_alias(hands, "live")
        await hands.press("c")
        await hands.opens(FormDialog, "the form")
        await hands.reads("As the template says: Canary10Percent30Minutes.")
        after = list(hands.app.screen.query(Select))[-1]
        assert after.value == "Broken"
        after.clear()
        await hands.press("ctrl+j")
        await hands.opens(CanaryScreen, "the canary")
        await hands.reads("10% for 30 minutes")
        await hands.reads("10% of live to v2")
        await hands.press("ctrl+q")
        await hands.opens(Confirm, "the question")
        assert "A canary is under way" in hands.text()
        await hands.press("n")
        await hands.opens(CanaryScreen, "the canary")
        await hands.press("x")
        await hands.reads("Nobody carries it out")
        await hands.press("escape")
        await hands.reads("‖ canary 10% v2")
        await hands.sees(
            lambda: dict(hands.screen.versions.aliases["live"].weights) == {"2": 0.1}, "10%"
        )
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        await hands.reads("A canary waits: Echo live at 10% v2")
        await hands.press("5")
        await hands.sees(lambda: "live" in hands.screen.versions.aliases, "the alias")
        hands.screen.versions.rows.highlight("live")
        await hands.press("c")
        await hands.opens(CanaryScreen, "the canary")
        await hands.press("g")
        await hands.reads("next shift in")
        await hands.press("escape", "f10")
        await hands.reads("▶ canary 10% v2 · AllowTraffic")
        await hands.press("f10", "c")
        await hands.opens(CanaryScreen, "the canary")
        await hands.press("n")
        await hands.reads("✓ Succeeded")
        await hands.press("escape")
        await hands.sees(
            lambda: hands.screen.versions.aliases["live"].function_version == "2", "all of it"
        )
        await hands.sees(lambda: "canary 1" not in hands.text(), "the alias without its mark")
    assert Deployments(project).unfinished("local") == []
    history = AliasHistory(project).of("local", "Echo", "live")
    assert [state.how.partition(" ")[0] for state in history] == ["canary", "canary", "created"]


async def test_on_aws_a_canary_is_agreed_to_once(shop: Path, aws: AwsLab) -> None:
    numbers = []  # others publish versions in this account too
    for number in "12":
        aws.local.update_function_configuration(FunctionName="Echo", Description=number)
        aws.local.get_waiter("function_updated_v2").wait(
            FunctionName="Echo", WaiterConfig={"Delay": 0.05}
        )
        numbers.append(aws.local.publish_version(FunctionName="Echo")["Version"])
    old, new = numbers
    aws.local.create_alias(FunctionName="Echo", Name="live", FunctionVersion=old)
    async with at_screen(shop) as hands:
        await hands.goes_to_aws()
        await hands.on_function("Echo")
        await hands.press("5")
        await hands.sees(lambda: "live" in hands.screen.versions.aliases, "the alias")
        hands.screen.versions.rows.highlight("live")
        await hands.press("c")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        for words in (f"v{old} → v{new}, 10% for 5 minutes", "AWS account", ":live"):
            assert words in hands.text()
        await hands.press("y")
        await hands.opens(CanaryScreen, "the canary")
        await hands.reads("next shift in")
        await hands.press("b")
        await hands.reads(f"rolled back to v{old}: asked for")
