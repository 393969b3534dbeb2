"""Which sample application to open."""

from __future__ import annotations

from typing import Any

from textual.app import App

from workbench.samples import BASICS, sample_projects
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.fuzzy_list import Column, Row


async def choose_sample(app: App[Any]) -> str | None:
    """Let the person pick a sample project; its name."""
    summaries = {project.name: project.summary for project in sample_projects()}
    return await app.push_screen_wait(
        Choose(
            "Sample applications",
            [Row(name, (name, summary)) for name, summary in summaries.items()],
            [Column(), Column()],
            preview=lambda name: f"{summaries[name]}\n\nIt is copied to {sample_folder(name)}.",
        )
    )


def sample_folder(name: str) -> str:
    """Where a sample is copied to, beside the project's own files."""
    return "workbench-demo" if name == BASICS else f"workbench-{name}"
