"""Where a new event comes from: the sample catalogue with its parameters, or a saved event."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import App

from workbench.aws.records import InvocationType
from workbench.samples import BadParameter, SampleEvent, catalogue, find
from workbench.samples.parameters import Parameter
from workbench.ui.panes.likely_events import Likely, along_route
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import Column, Row


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sample filled in, or an event found elsewhere: its name, its text and, if it is of a
    service, how that invokes with it."""

    title: str
    text: str
    invocation_type: InvocationType | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """An empty event."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The event is to be taken from something else: a name of `ELSEWHERE`."""

    name: str


ELSEWHERE = {
    "history": ("From the history …", "What a function got before, also from a queue or a topic."),
    "request": ("From a front door's request …", "A request that came to a URL, an API, a load "
                "balancer or a distribution, as the event its function got."),
    "logs": ("From a log line …", "An event that a function printed: JSON or a Python dict."),
    "shared": ("From the shareable test events …", "Those of Lambda's console and SAM, kept in "
               "EventBridge's schema registry. S shares the event in the editor."),
    "clipboard": ("From the clipboard", "JSON, or a text with JSON in it, that was copied."),
}  # fmt: skip
"""What else events come from: the words in the list, and what they are."""


async def choose_event(
    app: App[Any],
    saved: Sequence[str],
    region: str,
    account: str,
    likely: Sequence[Likely] = (),
) -> Chosen | Blank | Elsewhere | str | None:
    """Let the person pick: a saved event (its name), a sample filled in, `{}`, where else to
    take one from, or nothing. First stand those that are `likely`."""
    rows = [
        Row(
            f"likely:{number}",
            (f"→ {each.short}", find(each.sample).service, each.sample),
            search=f"{each.words} {find(each.sample).service} {find(each.sample).title}",
        )
        for number, each in enumerate(likely)
    ]
    rows.append(Row("blank", ("Empty event", "{}", ""), search="empty blank {}"))
    rows += [
        Row(f"elsewhere:{name}", (words, "", ""), search=f"{words} {description}")
        for name, (words, description) in ELSEWHERE.items()
    ]
    rows += [Row(f"saved:{name}", (name, "saved", "")) for name in saved]
    rows += [
        Row(
            f"sample:{sample.name}",
            (sample.title, sample.service, sample.name),
            search=f"{sample.service}\n{sample.title}\n{sample.name}\n{sample.description}",
        )
        for sample in catalogue()
    ]
    choice = await app.push_screen_wait(
        Choose(
            "New event",
            rows,
            [Column(), Column(), Column()],
            preview=lambda row_id: _preview(row_id, region, account, likely),
        )
    )
    if choice is None:
        return None
    kind, _, name = choice.partition(":")
    if kind == "blank":
        return Blank()
    if kind == "saved":
        return name
    if kind == "elsewhere":
        return Elsewhere(name)
    if kind == "likely":
        each = likely[int(name)]
        return await _fill_in(app, find(each.sample), region, account, each)
    return await _fill_in(app, find(name), region, account)


async def choose_saved(
    app: App[Any], names: Sequence[str], read: Callable[[str], str | None]
) -> str | None:
    """Let the person pick one of the function's saved events, with a look at each."""
    return await app.push_screen_wait(
        Choose(
            "Saved events",
            [Row(name, (name,)) for name in names],
            preview=lambda name: read(name) or "",
        )
    )


def _preview(row_id: str, region: str, account: str, likely: Sequence[Likely]) -> str:
    kind, _, name = row_id.partition(":")
    if kind == "likely":
        each = likely[int(name)]
        sample = find(each.sample)
        text = _text(sample, _known(sample, each.values), region, account, each)
        return f"This function's trigger: {each.words}.\n{sample.description}\n\n{text}"
    if kind == "elsewhere":
        return ELSEWHERE[name][1]
    if kind != "sample":
        return "{}" if kind == "blank" else f"The saved event “{name}”."
    sample = find(name)
    return f"{sample.service}: {sample.description}\n\n{_text(sample, {}, region, account)}"


def _known(sample: SampleEvent, values: Mapping[str, str]) -> dict[str, str]:
    """Those of the values that the sample has a parameter for, and that it takes."""
    known = {}
    for parameter in sample.parameters:
        value = values.get(parameter.name)
        if value is not None and (not parameter.choices or value in parameter.choices):
            known[parameter.name] = value
    return known


async def _fill_in(
    app: App[Any],
    sample: SampleEvent,
    region: str,
    account: str,
    likely: Likely | None = None,
) -> Chosen | None:
    values: dict[str, str] = {}
    if sample.parameters:
        start = _known(sample, likely.values if likely else {})
        fields = [_field(parameter, start.get(parameter.name)) for parameter in sample.parameters]
        answer = await app.push_screen_wait(FormDialog(sample.title, fields, submit="Use"))
        if answer is None:
            return None
        values = {name: _as_text(value) for name, value in answer.items()}
    text = _text(sample, values, region, account, likely)
    return Chosen(sample.name, text, sample.invocation_type)


def _text(
    sample: SampleEvent,
    values: dict[str, str],
    region: str,
    account: str,
    likely: Likely | None = None,
) -> str:
    event = sample.render(values, region=region, account=account)
    if likely is not None and likely.route:
        event = along_route(event, likely.route)
    return json.dumps(event, indent=2, ensure_ascii=False) + "\n"


def _field(parameter: Parameter, start: str | None) -> Field:
    def check(value: object) -> str | None:
        try:
            parameter.check(_as_text(value))
        except BadParameter as error:
            return str(error)
        return None

    return Field(
        parameter.name,
        parameter.name,
        kind=parameter.type,
        default=parameter.default if start is None else start,
        help=parameter.description,
        choices=parameter.choices,
        required=not parameter.may_be_empty,
        check=check,
    )


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
