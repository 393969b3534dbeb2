"""Asking before something changes on AWS: where, as whom, and exactly what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import App

from workbench.ui.backend import Backend
from workbench.ui.widgets.dialogs import Confirm


@dataclass(frozen=True, slots=True)
class Change:
    """What a person is asked for: `words` say exactly what becomes of `arn`, `details` go on after
    it; `action` is the button's word. `danger` puts the cursor on Cancel; production does so too.
    """

    title: str
    action: str
    arn: str
    words: Sequence[str]
    danger: bool = False
    details: Sequence[str] = ()


async def agreed(app: App[Any], backend: Backend | None, function: str, change: Change) -> bool:
    """Whether the person agrees. On the local Lambda nothing is asked.

    Call it in a worker; then make the change in a thread, `with backend.permitted()`.
    """
    if backend is None or backend.is_local:
        return True
    production = backend.is_production(function)
    title = f"production: {change.title}" if production else change.title
    return await app.push_screen_wait(
        Confirm(
            title,
            _body(backend, change, production=production),
            change.action,
            danger=production or change.danger,
        )
    )


def _body(backend: Backend, change: Change, *, production: bool) -> list[str]:
    target = backend.target
    profile = f" · profile {target.profile}" if target.profile else ""
    body = [*change.words, change.arn, "", *change.details]
    if change.details:
        body.append("")
    if production:
        body.append("Your config marks this as production.")
    body.append(f"AWS account {target.account} · {target.region}{profile}")
    if target.guard is not None:
        body.append(f"as {target.guard.who}")
    return body
