"""Shareable test events in the event pane: take one, share the event, remove one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from textual.app import App

from workbench.aws.errors import LambdaError
from workbench.ui.consent import Change, agreed
from workbench.ui.panes.event_elsewhere import Nothing, formatted
from workbench.ui.panes.event_source import Chosen
from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import Row
from workbench.ui.work import in_background

if TYPE_CHECKING:
    from workbench.ui.backend import Backend


async def from_shared(app: App[Any], backend: Backend, function: str) -> Chosen | Nothing | None:
    """Let the person choose one of the function's shareable events."""
    try:
        events = await in_background(lambda: backend.shareable.events(function))
    except LambdaError as error:
        return Nothing(str(error))
    name = await _choose(app, function, events, "Shareable test events")
    if name is None or name not in events:
        return name if isinstance(name, Nothing) else None
    return Chosen(name, formatted(json.dumps(events[name], ensure_ascii=False)))


async def share(
    app: App[Any], backend: Backend, function: str, name: str, text: str
) -> tuple[str, bool] | None:
    """Save an event as a shareable one; asks for its name. Returns what to say and whether it is
    good news, None when it was given up."""
    try:
        events = await in_background(lambda: backend.shareable.events(function))
        values = await app.push_screen_wait(FormDialog("Share the event", [_name(name)],
                                                       submit="Share"))  # fmt: skip
        if values is None:
            return None
        name = str(values["name"])
        replace = name in events
        if replace and backend.is_local and not await _may_replace(app, function, name):
            return None
        verb = "Replace" if replace else "Add"
        words = f"{verb} the shareable test event “{name}” of"
        if not await _agreed(app, backend, function, f"Share {name}", "Share", words):
            return None

        def save() -> None:
            with backend.permitted():
                backend.shareable.save(function, name, text, replace=replace)

        await in_background(save)
    except LambdaError as error:
        return str(error), False
    whom = (
        "in the services of this project"
        if backend.is_local
        else "Lambda's console and SAM have it too"
    )
    return f"Shared “{name}” of {function}: {whom}.", True


async def unshare(app: App[Any], backend: Backend, function: str) -> tuple[str, bool] | None:
    """Remove a shareable event of the person's choice. Returns what `share` does."""
    try:
        events = await in_background(lambda: backend.shareable.events(function))
        name = await _choose(app, function, events, "Remove a shareable test event")
        if isinstance(name, Nothing):
            return name.sentence, False
        if name is None:
            return None
        words = f"Remove the shareable test event “{name}” of"
        if backend.is_local:
            body = f"{words} {function}?"
            if not await app.push_screen_wait(Confirm("Remove", body, "Remove", danger=True)):
                return None
        elif not await _agreed(app, backend, function, f"Remove {name}", "Remove", words):
            return None

        def delete() -> None:
            with backend.permitted():
                backend.shareable.delete(function, name)

        await in_background(delete)
    except LambdaError as error:
        return str(error), False
    return f"Removed the shareable test event “{name}” of {function}.", True


async def _choose(
    app: App[Any], function: str, events: dict[str, Any], title: str
) -> str | Nothing | None:
    if not events:
        return Nothing(f"{function} has no shareable test events yet: S shares this event.")
    return await app.push_screen_wait(
        Choose(
            title,
            [Row(name, (name,)) for name in events],
            preview=lambda name: formatted(json.dumps(events[name], ensure_ascii=False)),
        )
    )


def _name(default: str) -> Field:
    return Field(
        "name",
        "Name",
        default=default,
        help="Kept in EventBridge's schema registry lambda-testevent-schemas, for all who may "
        "read it there.",
    )


async def _may_replace(app: App[Any], function: str, name: str) -> bool:
    body = f"{function} has a shareable test event “{name}” already."
    return await app.push_screen_wait(Confirm("Replace", body, "Replace"))


async def _agreed(
    app: App[Any], backend: Backend, function: str, title: str, action: str, words: str
) -> bool:
    change = Change(title, action, backend.arn(function), [words])
    return await agreed(app, backend, function, change)
