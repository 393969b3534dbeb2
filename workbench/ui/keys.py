"""Every key of the screen, in one table with stable ids.

Bindings, footers, help and the command palette are all made from `KEYS`; a pane adds nothing of
its own. An id is `<scope>.<action>` and does not change when a key is remapped.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual.binding import Binding

from workbench.ui.widgets.key_names import NO_KEY, shown

SCOPES = {
    "screen": "Everywhere",
    "pane": "In every pane (not while typing in an editor)",
    "functions": "Functions",
    "event": "Event",
    "result": "Result",
    "logs": "Logs",
    "versions": "Versions",
    "history": "History",
    "triggers": "Triggers",
    "timeline": "Timeline",
    "compare": "Compare",
    "burst": "Burst",
}
"""The places a key can belong to, with their headings in the help."""

OWN_SCREENS = frozenset({"timeline", "compare", "burst"})
"""Those that are a screen of their own and no pane."""


@dataclass(frozen=True, slots=True)
class Key:
    """One action and its keys.

    `keys` are Textual's names, the first is the one shown. `label` is the word in the footer and
    `footer` its place there (0: not shown, 1 first). `priority` keys win over an editor's own.
    """

    scope: str
    action: str
    keys: tuple[str, ...]
    label: str
    description: str
    footer: int = 0
    priority: bool = False

    @property
    def id(self) -> str:
        """The stable name of the binding."""
        return f"{self.scope}.{self.action.replace('(', '-').translate(_QUOTES)}"

    @property
    def shown(self) -> str:
        """The first key as people write it."""
        return shown(self.keys[0]) if self.keys else ""


_ID = re.compile(r"<([a-z-]+\.[A-Za-z0-9_-]+)>")
_QUOTES = str.maketrans("", "", "')\"")

KEYS: tuple[Key, ...] = (
    Key("screen", "invoke", ("ctrl+j", "alt+enter"), "invoke",
        "Invoke the function with the event", footer=1, priority=True),
    Key("screen", "cancel", ("ctrl+k",), "cancel",
        "Cancel the invocation that is running", priority=True),
    Key("screen", "rerun", ("ctrl+r",), "rerun",
        "Run the last invocation again: same event, same qualifier", priority=True),
    Key("screen", "watch", ("f5",), "watch",
        "Watch: invoke again on every save and show what changed", priority=True),
    Key("screen", "invocation_type", ("f6",), "type",
        "Change the invocation type: RequestResponse, Event (async), DryRun", priority=True),
    Key("screen", "new_event", ("ctrl+n",), "new event",
        "New event: choose a sample or a saved event", priority=True),
    Key("screen", "saved_events", ("f2",), "saved events",
        "Open a saved event of this function", priority=True),
    Key("screen", "save_event", ("ctrl+s",), "save event",
        "Save the event in the project", priority=True),
    Key("screen", "target", ("ctrl+t",), "target",
        "Switch between the local Lambda and AWS (profile and region)", priority=True),
    Key("screen", "command_palette", ("ctrl+p",), "commands",
        "Command palette: every action with its key", priority=True),
    Key("screen", "jump", ("ctrl+o",), "jump", "Jump to any pane or field", priority=True),
    Key("screen", "pager", ("f3",), "pager", "Open the text that has focus in $PAGER",
        priority=True),
    Key("screen", "editor", ("f4",), "$EDITOR", "Open what has focus in $EDITOR", priority=True),
    Key("screen", "problems", ("f8",), "problems", "List what is wrong in the project",
        priority=True),
    Key("screen", "timeline", ("f9",), "timeline",
        "Timeline: execution environments, concurrency, throttles, retries", priority=True),
    Key("screen", "copy_menu", ("f7",), "copy …",
        "Copy: value, path, event, request, or the invocation as aws, curl or Python",
        priority=True),
    Key("screen", "samples", (), "samples",
        "Open a sample application: the classic uses of Lambda"),
    Key("screen", "run_demo", ("alt+d",), "demo",
        "Run the demo of this sample application", priority=True),
    Key("screen", "readme", ("alt+r",), "README", "Read the project's README in $PAGER",
        priority=True),
    Key("screen", "zoom", ("f10",), "zoom", "Zoom the pane, and back", priority=True),
    Key("screen", "help", ("f1",), "help", "Help for what has focus", footer=99, priority=True),
    Key("screen", "next_pane", ("tab",), "next pane", "Go to the next pane", priority=True),
    Key("screen", "previous_pane", ("shift+tab",), "previous pane", "Go to the previous pane",
        priority=True),
    Key("screen", "compare", ("f11", "alt+c"), "compare",
        "Compare: one event to versions, aliases and AWS targets, side by side", priority=True),
    Key("screen", "burst", ("f12", "alt+m"), "burst",
        "Burst: invoke many times at once; p50, p90, p99, cold starts, throttles", priority=True),
    Key("screen", "audit_log", (), "audit log",
        "Audit log: show in $PAGER what was changed on AWS from here"),
    Key("screen", "theme", (), "theme", "Choose the colours"),
    Key("screen", "quit", ("ctrl+q",), "quit", "Quit; everything is kept", priority=True),
    Key("pane", "pane('functions')", ("1", "alt+1"), "functions", "Go to Functions"),
    Key("pane", "pane('event')", ("2", "alt+2"), "event", "Go to Event"),
    Key("pane", "pane('result')", ("3", "alt+3"), "result", "Go to Result"),
    Key("pane", "pane('logs')", ("4", "alt+4"), "logs", "Go to Logs"),
    Key("pane", "pane('versions')", ("5", "alt+5"), "versions", "Go to Versions"),
    Key("pane", "pane('history')", ("6", "alt+6"), "history", "Go to History"),
    Key("pane", "pane('triggers')", ("7", "alt+7"), "triggers", "Go to Triggers"),
    Key("pane", "resize('wider')", ("greater_than_sign", "ctrl+right"), "wider",
        "Make the pane wider; the mouse drags borders too"),
    Key("pane", "resize('narrower')", ("less_than_sign", "ctrl+left"), "narrower",
        "Make the pane narrower"),
    Key("pane", "resize('higher')", ("right_curly_bracket", "ctrl+down"), "higher",
        "Make the pane higher"),
    Key("pane", "resize('lower')", ("left_curly_bracket", "ctrl+up"), "lower",
        "Make the pane lower"),
    Key("pane", "reset_sizes", (), "reset sizes", "Put the borders of all panes back"),
    Key("pane", "zoom", ("plus",), "zoom", "Zoom the pane, and back"),
    Key("pane", "help", ("question_mark",), "help", "Help for what has focus"),
    Key("pane", "copy", ("y",), "copy", "Copy what has focus"),
    Key("pane", "copy_command", ("Y",), "copy command",
        "Copy the invocation as an `aws lambda invoke` command"),
    Key("pane", "quit", ("q",), "quit", "Quit; everything is kept"),
    Key("functions", "edit_event", ("enter",), "edit event",
        "Go to this function's event", footer=2),
    Key("functions", "filter", ("slash",), "filter", "Filter the functions by typing", footer=3),
    Key("functions", "view_code", ("v",), "view code",
        "View the code: the handler's file, or the downloaded package on AWS", footer=4),
    Key("functions", "details", ("d",), "details",
        "Configuration, environment, triggers, role and metrics of what is invoked", footer=5),
    Key("functions", "update_code", ("u",), "update code",
        "On AWS: update the code from the folder, or go back to the code before"),
    Key("functions", "failing", ("e",), "failing",
        "Put first what failed in the last hour, as CloudWatch counts; or all in their order"),
    Key("functions", "reload", ("r",), "refresh", "Read the list of functions again"),
    Key("event", "edit", ("enter",), "edit", "Type in the event; esc leaves the editor", footer=2),
    Key("event", "new_event", ("n",), "new", "New event: choose a sample or a saved event",
        footer=3),
    Key("event", "saved_events", ("e",), "saved", "Open a saved event of this function",
        footer=4),
    Key("event", "save_event", ("s",), "save", "Save the event in the project", footer=5),
    Key("event", "invocation_type", ("i",), "type",
        "Change the invocation type: RequestResponse, Event (async), DryRun", footer=6),
    Key("event", "watch", ("w",), "watch",
        "Watch: invoke again on every save and show what changed"),
    Key("event", "format", ("f",), "format", "Indent the JSON"),
    Key("event", "decoded", ("d",), "decoded",
        "Decoded: read and change what is base64, gzip or JSON in a text"),
    Key("event", "complete", ("ctrl+@",), "complete",
        "Offer what can be written at the cursor"),
    Key("event", "view_sent", ("v",), "as sent",
        "View the event as it is sent, with the values that are made for it"),
    Key("event", "previous_event", ("left_square_bracket",), "previous event",
        "Open the previous saved event"),
    Key("event", "next_event", ("right_square_bracket",), "next event",
        "Open the next saved event"),
    Key("event", "share_event", ("S",), "share",
        "Share the event: a shareable test event, as Lambda's console and SAM keep them"),
    Key("event", "unshare_event", (), "remove shared",
        "Remove a shareable test event of this function"),
    Key("event", "delete_event", ("D",), "delete", "Delete this saved event"),
    Key("result", "open_frame", ("enter",), "open", "Open the stack frame in $EDITOR"),
    Key("result", "next_view", ("v",), "view",
        "Next view: HTTP, payload, error, changes", footer=3),
    Key("result", "filter", ("f",), "filter",
        "Filter the JSON by a JMESPath expression; esc takes it away", footer=4),
    Key("result", "previous_changes", ("d",), "diff",
        "What changed since the invocation before", footer=5),
    Key("result", "changes_from", ("D",), "diff from",
        "What changed since an invocation of the history"),
    Key("result", "ignore", ("e",), "ignore",
        "In changes: leave the value under the cursor out (times, ids)"),
    Key("result", "ignored", ("E",), "ignored",
        "In changes: the paths that this function's comparisons leave out"),
    Key("result", "open_in_browser", ("o",), "browser",
        "Open the body of an HTTP response in the browser"),
    Key("result", "cancel", ("x",), "cancel", "Cancel the invocation that is running"),
    Key("result", "watch", ("w",), "watch",
        "Watch: invoke again on every save and show what changed", footer=6),
    Key("result", "invocation_type", ("i",), "type",
        "Change the invocation type: RequestResponse, Event (async), DryRun"),
    Key("result", "trace", ("t",), "trace", "Show its X-Ray trace as a waterfall"),
    Key("result", "copy_request_id", ("I",), "copy request id", "Copy the request id"),
    Key("logs", "open", ("enter",), "open", "Open the line: JSON laid out, long lines whole"),
    Key("logs", "follow", ("s",), "follow", "Follow new lines, or stay here", footer=2),
    Key("logs", "pause", ("space",), "pause", "Pause: new lines wait, or are shown again"),
    Key("logs", "search", ("slash",), "search",
        "Search: <logs.next> next, <logs.previous> previous, ! first to show lines without it",
        footer=3),
    Key("logs", "range", ("r",), "range", "Choose from when on lines are shown (0–6)", footer=4),
    Key("logs", "functions", ("f",), "functions",
        "Choose the functions whose lines are shown, in the order of time", footer=5),
    Key("logs", "levels", ("v",), "levels",
        "All levels, no debug, warnings and errors, or errors only", footer=6),
    Key("logs", "by_invocation", ("i",), "by invocation",
        "Group by invocation, START, END and REPORT as one line; or as the lines came"),
    Key("logs", "invocation", ("o",), "invocation", "Go to the line's invocation in the History"),
    Key("logs", "mark", ("m",), "mark",
        "Mark the line; <pane.copy> copies from the first mark to the last"),
    Key("logs", "next_mark", ("right_square_bracket",), "next mark", "Go to the next mark"),
    Key("logs", "previous_mark", ("left_square_bracket",), "previous mark",
        "Go to the previous mark"),
    Key("logs", "wrap", ("w",), "wrap", "Wrap long lines"),
    Key("logs", "times", ("t",), "times", "Show or hide times"),
    Key("logs", "fold", ("J",), "fold JSON", "Show JSON lines as their message, or whole"),
    Key("logs", "export", ("x",), "export", "Write the lines shown into a file"),
    Key("logs", "clear", ("c",), "clear", "Clear the pane (the log group keeps its lines)"),
    Key("versions", "use", ("space", "enter"), "use",
        "Invoke this version or alias from now on", footer=2),
    Key("versions", "publish", ("p",), "publish", "Publish a version of $LATEST", footer=3),
    Key("versions", "create_alias", ("a",), "alias", "Create an alias", footer=4),
    Key("versions", "diff", ("d",), "diff",
        "Compare code and configuration with those of another version", footer=5),
    Key("versions", "canary", ("c",), "canary",
        "Canary: shift the alias's traffic to another version step by step", footer=6),
    Key("versions", "move_alias", ("m",), "move", "Move the alias to another version"),
    Key("versions", "weight", ("w",), "weight",
        "Send a share of the alias's invocations to a second version"),
    Key("versions", "roll_back", ("b",), "roll back",
        "Roll back: the alias leads where it led before"),
    Key("versions", "alias_history", ("H",), "history", "Where the alias led before"),
    Key("versions", "delete_alias", ("D",), "delete alias", "Delete the alias"),
    Key("versions", "reload", ("r",), "refresh", "Read versions and aliases again"),
    Key("history", "show", ("enter",), "show", "Show this invocation: event, result and logs",
        footer=2),
    Key("history", "rerun", ("r",), "rerun", "Run it again: same event, same qualifier",
        footer=3),
    Key("history", "load_event", ("e",), "event", "Put its event into the editor",
        footer=4),
    Key("history", "trace", ("t",), "trace", "Show its X-Ray trace as a waterfall"),
    Key("history", "logs", ("L",), "logs",
        "Go to its log lines; <logs.invocation> comes back from there"),
    Key("history", "compare", ("c",), "compare",
        "Mark it; on another one, compare the answers of the two", footer=5),
    Key("history", "compare_events", ("C",), "compare events",
        "Like compare, of the two events"),
    Key("history", "all_functions", ("a",), "all",
        "This function's invocations, or those of all functions", footer=6),
    Key("triggers", "details", ("enter",), "details", "All that is known of this trigger",
        footer=2),
    Key("triggers", "pause", ("p",), "pause", "Pause (disable) the trigger, or resume it",
        footer=3),
    Key("triggers", "test", ("t",), "test", "Send a test message to its source", footer=4),
    Key("triggers", "redrive", ("d",), "redrive",
        "Move the messages of the dead-letter queue back into the queue", footer=5),
    Key("triggers", "open_url", ("o",), "open", "Open the address in the browser"),
    Key("triggers", "all_functions", ("a",), "all",
        "This function's triggers, or those of all functions", footer=6),
    Key("triggers", "reload", ("r",), "refresh", "Read the triggers again"),
    Key("compare", "invoke", ("ctrl+j", "alt+enter"), "invoke",
        "Send the event to all that are chosen", footer=1, priority=True),
    Key("compare", "choose", ("space",), "choose", "Send to this one too, or not", footer=2),
    Key("compare", "base", ("b",), "base", "Compare the others with this one", footer=3),
    Key("compare", "add_target", ("a",), "target",
        "Add the local Lambda or an AWS profile and region", footer=4),
    Key("compare", "cancel", ("ctrl+k",), "cancel", "Stop waiting for answers", priority=True),
    Key("compare", "ignore", ("e",), "ignore",
        "Leave the value under the cursor out of comparisons (times, ids)", footer=5),
    Key("compare", "ignored", ("E",), "ignored", "The paths that comparisons leave out"),
    Key("compare", "help", ("f1", "question_mark"), "help", "Help for Compare", footer=9),
    Key("compare", "close", ("escape",), "back", "Back to the panes", footer=6),
    Key("burst", "start", ("ctrl+j", "alt+enter"), "start", "Start a burst", footer=1,
        priority=True),
    Key("burst", "stop", ("ctrl+k", "x"), "stop",
        "Stop: nothing more is sent, what runs is waited for", footer=2, priority=True),
    Key("burst", "other_time", ("t",), "other time",
        "Histogram of the function's own time, or of what a caller waits", footer=3),
    Key("burst", "help", ("f1", "question_mark"), "help", "Help for Burst", footer=9),
    Key("burst", "close", ("escape",), "back", "Back to the panes; a burst is stopped", footer=4),
    Key("timeline", "close", ("escape",), "back", "Back to the panes", footer=1),
    Key("timeline", "pause", ("space",), "pause", "Stand still, or go on", footer=2),
    Key("timeline", "help", ("f1", "question_mark"), "help", "Help for the timeline", footer=9),
    Key("timeline", "window", ("z",), "window", "Look back over 1, 5 or 15 minutes", footer=3),
)  # fmt: skip


def in_scope(*scopes: str, table: Iterable[Key] = KEYS) -> list[Key]:
    """The keys of some scopes, in the table's order; `table`: those in force, see `remap`."""
    return [key for key in table if key.scope in scopes]


def in_force(app: object) -> tuple[Key, ...]:
    """The table of a running app: `KEYS` with the user's own keys."""
    table: tuple[Key, ...] = getattr(app, "keys_in_force", KEYS)
    return table


def pairs_of(app: object, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """The (key, label) pairs for a footer, by the ids of bindings; without those with no key."""
    found = {id: _keys_of(app, id) for id in labels}
    return [(keys[0], labels[id]) for id, keys in found.items() if keys]


def key_of(app: object, id: str, *, typing: bool = False) -> str:
    """The key of a binding as people write it, for a sentence: the user's own where it differs;
    where it has none, the word that the command palette finds it by. While one is `typing` its
    last key: the first may be a letter, which would be written. Raises KeyError."""
    if keys := _keys_of(app, id):
        return shown(keys[-1 if typing else 0])
    label = next((key.label for key in in_force(app) if key.id == id), id)
    return f"“{label}” in the command palette"


def with_keys(app: object, sentence: str) -> str:
    """A sentence with the key in force at each `<id>` of a binding."""

    def key(found: re.Match[str]) -> str:
        try:
            return key_of(app, found[1])
        except KeyError:  # no id of ours: it stands in what somebody else wrote
            return found[0]

    return _ID.sub(key, sentence) if "<" in sentence else sentence


def _keys_of(app: object, id: str) -> tuple[str, ...]:
    """Textual's names of a binding's keys: of the table, or of a screen's or widget's own."""
    for key in in_force(app):
        if key.id == id:
            return key.keys
    # Late: it goes through all widgets, and imports this.
    from workbench.ui.remap import all_bindings, bindings_so_far

    own: Mapping[str, str] = getattr(app, "keymap_in_force", {})
    binding = bindings_so_far().get(id) or all_bindings()[id]  # of a screen not opened yet
    names = (own.get(id) or binding.key).split(",")
    return tuple(name for name in names if name != NO_KEY)


def bindings(*scopes: str) -> list[Binding]:
    """Textual's bindings of some scopes."""
    return [
        Binding(
            ",".join(key.keys),
            key.action,
            key.label,
            id=key.id,
            show=False,
            priority=key.priority,
        )
        for key in in_scope(*scopes)
        if key.keys
    ]


def footer(
    scope: str,
    extra: Iterable[tuple[str, str]] = (),
    table: Iterable[Key] = KEYS,
    now: Sequence[str] = (),
    without: Container[str] = (),
) -> list[tuple[str, str]]:
    """The at most seven (key, label) pairs for the footer while `scope` has focus.

    Keys are Textual's names. The order is that of the table's `footer` numbers; `extra` comes
    first. `now`: the ids of what is called for by what has the cursor, they stand second;
    `without`: those of what it has no use for.
    """
    keys = [key for key in in_scope("screen", "pane", scope, table=table) if key.keys]
    wanted = [key for id in now for key in keys if key.id == id]
    usual = [key for key in keys if key.footer and key.id not in now and key.id not in without]
    ranked = sorted(usual, key=_rank)
    ranked[1:1] = wanted
    pairs = [*extra, *((key.keys[0], key.label) for key in ranked)]
    return [*pairs[:6], pairs[-1]] if len(pairs) > 7 else pairs


def _rank(key: Key) -> int:
    return key.footer


def of_screen(scope: str, table: Iterable[Key] = KEYS) -> list[tuple[str, str]]:
    """The (key, label) pairs for the footer of a screen of its own."""
    own = [key for key in in_scope(scope, table=table) if key.footer and key.keys]
    return [(key.keys[0], key.label) for key in sorted(own, key=_rank)]
