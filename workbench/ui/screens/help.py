"""Help for what has focus: what the place is for, and its keys, from the key table."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.ui.keys import SCOPES, in_force, in_scope, key_of, with_keys
from workbench.ui.widgets.key_names import shown
from workbench.ui.widgets.keys_help import KeysHelp, Section

_WORDS = {
    "functions": "The functions of this folder, or of an AWS account. The way from here: "
    "<functions.edit_event> goes to the function's event, <screen.new_event> puts a sample event "
    "there, <screen.invoke> invokes. Then <pane.pane-result> is the answer and why it failed, "
    "<pane.pane-logs> what was logged, <pane.pane-versions> publishes versions, moves aliases, "
    "runs canaries. In the footer ^j is ctrl+j. Where there is room, as zoomed by <pane.zoom>, the "
    "last ten invocations follow: durations with the middle one, which failed, and the cost of a "
    "million.",
    "event": "What the function is invoked with. While you type, esc leaves the editor: then the "
    "letters below work. <screen.new_event> has sample events of every service.",
    "result": "The answer, or the error with the frames of your own code first. Save the file and "
    "<screen.rerun> runs the same event again; <result.previous_changes> shows what changed. "
    "“init 4 ms” is a cold start: an environment was initialised first, a warm one was there "
    "already. “1 M: $0.20” is what a million such invocations cost.",
    "logs": "What the function and Lambda logged, newest last, grouped by invocation. "
    "Level and range stay as they are for this project; the border tells them.",
    "versions": "$LATEST is the code you edit; <versions.publish> publishes it as a version that "
    "never changes, <versions.create_alias> names a version by an alias. <versions.use> makes "
    "<screen.invoke> invoke what has the cursor. <versions.canary> shifts an alias to another "
    "version step by step, <versions.roll_back> takes it back.",
    "history": "Every invocation, also of earlier sessions; on AWS those made from here. "
    "“attempt 2” is Lambda's second try of an asynchronous event.",
    "triggers": "What invokes functions: queues, streams, schedules, HTTP, a template's own.",
    "timeline": "One row for each execution environment: when it started, worked, waited, ended. "
    "A cold start is an init that an invocation waited for. Asynchronous events that failed wait "
    "in the queue for their next attempt.",
    "compare": "One event goes to all that are chosen; their answers are compared with the base's. "
    "Values such as {{uuid}} are made once: all get the same event.",
    "burst": "The same event many times, some at once: how long, how many cold, throttled, failed.",
}
"""What a place is for; `<id>` is the key of an action."""


class HelpScreen(KeysHelp):
    """The keys of a place, those that work just where the focus is, those of all panes and those
    that work everywhere.

    `app`: whose keys are in force; `scope`: the place; `here`: (keys, what they do) of what has
    the focus; `others`: the scopes that follow; `typing`: letters are text where the focus is.
    """

    def __init__(
        self,
        app: object,
        scope: str,
        here: Sequence[tuple[str, str]] = (),
        others: Sequence[str] = ("pane", "screen"),
        *,
        typing: bool = False,
    ) -> None:
        words = with_keys(app, _WORDS.get(scope, ""))
        title, rows = SCOPES[scope], _rows(app, scope)
        sections = [Section(title, [] if typing else rows, words)]
        if here:
            sections.append(Section("While you type" if typing else "Where the focus is", here))
        if typing:
            sections.append(Section(f"{title}, after esc", rows))
        sections += [Section(SCOPES[other], _rows(app, other)) for other in others]
        note = f"{key_of(app, 'screen.command_palette')} lists every action and runs it."
        super().__init__(f"Help: {SCOPES[scope]}", sections, note)


def _rows(app: object, scope: str) -> list[tuple[str, str]]:
    keys = [key for key in in_scope(scope, table=in_force(app)) if key.keys]
    return [(" ".join(map(shown, key.keys)), with_keys(app, key.description)) for key in keys]
