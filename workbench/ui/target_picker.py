"""Choosing a target: the local Lambda, or a profile and a region of AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.app import App

from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.fuzzy_list import Column, Row
from workbench.ui.work import in_background

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class AwsChoice:
    """A profile (None: the environment's credentials) and a region."""

    profile: str | None
    region: str


async def choose_target(app: App[Any]) -> AwsChoice | str | None:
    """`LOCAL`, an AwsChoice, or None when nothing was chosen."""
    profiles, regions = await in_background(_known)
    rows = [
        Row(LOCAL, ("local Lambda", "on this machine, no AWS")),
        *(
            Row(f"p:{name}", (f"AWS · {name}", f"{kind} {region}"))
            for name, region, kind in profiles
        ),
        Row("env", ("AWS · environment", "credentials of the environment or this machine")),
    ]
    choice = await app.push_screen_wait(Choose("Target", rows, [Column(), Column()]))
    if choice is None or choice == LOCAL:
        return choice
    profile = choice.removeprefix("p:") if choice.startswith("p:") else None
    usual = next((region for name, region, _ in profiles if name == profile), "") or "us-east-1"
    region = await app.push_screen_wait(
        Choose("Region", [Row(name, (name,)) for name in regions], highlighted=usual)
    )
    return None if region is None else AwsChoice(profile, region)


def _known() -> tuple[list[tuple[str, str, str]], list[str]]:
    from workbench.aws import targets  # Late: botocore costs 60 ms.

    found: list[tuple[str, str, str]] = [
        (each.name, each.region or "", each.kind) for each in targets.profiles()
    ]
    return found, targets.regions()
