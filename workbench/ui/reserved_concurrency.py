"""Asking for another reserved concurrency, and whether it may be changed."""

from __future__ import annotations

from typing import Any

from textual.app import App

from workbench.aws.words.concurrency import reserved_words
from workbench.ui.backend import Backend
from workbench.ui.consent import Change, agreed
from workbench.ui.widgets.form import Field, FormDialog

_HELP = (
    "How many may run at the same time; what comes beyond is throttled. 0 stops the function. "
    "Empty: it shares what the account has left."
)


async def ask_reserved(
    app: App[Any], backend: Backend, function: str, now: int | None
) -> tuple[int | None] | None:
    """The number that is to be reserved (None: none), in a tuple; None when nothing is to change.
    Call it in a worker."""
    field = Field(
        "reserved",
        "Reserved concurrency",
        kind="number",
        default="" if now is None else str(now),
        help=_HELP,
        required=False,
        check=_wrong,
    )
    values = await app.push_screen_wait(FormDialog(f"Concurrency of {function}", [field]))
    if values is None:
        return None
    wanted = values["reserved"]
    reserved = wanted if isinstance(wanted, int) else None
    if reserved == now:
        return None
    words = [f"Reserved concurrency {_short(now)}  becomes  {_short(reserved)} for"]
    change = Change("Reserved concurrency", "Change", backend.arn(function), words,
                    details=[reserved_words(reserved)])  # fmt: skip
    return (reserved,) if await agreed(app, backend, function, change) else None


def _wrong(value: object) -> str | None:
    fine = isinstance(value, int) and value >= 0
    return None if fine else "Write a whole number, 0 or more, or nothing."


def _short(reserved: int | None) -> str:
    return "none" if reserved is None else f"{reserved:,}"
