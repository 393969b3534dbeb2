"""Pane 5: versions and aliases of the function, and which of them is invoked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message

from workbench.aws.records import Alias, Function
from workbench.ui.consent import Change, agreed
from workbench.ui.formats import QUIET, STRONG, routes
from workbench.ui.messages import QualifierChosen
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.session import Session
from workbench.ui.widgets.dialogs import Confirm
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.palette import palette
from workbench.ui.work import Job, in_thread

LATEST = "$LATEST"


class VersionsPane(WorkbenchPane):
    """$LATEST, the aliases with where they lead, and the published versions, newest first."""

    scope = "versions"

    @dataclass
    class Loaded(Message):
        """The versions and aliases of a function were read; `say` is what was done before."""

        function: str
        versions: list[Function]
        aliases: list[Alias]
        say: str = ""
        highlight: str | None = field(default=None)

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=5, title="Versions")
        self.versions: list[Function] = []
        self.aliases: dict[str, Alias] = {}
        self._function: str | None = None

    def compose(self) -> ComposeResult:
        yield FuzzyList(
            columns=[Column(), Column()],
            empty="Versions and aliases appear here.\np publishes a version.",
        )

    @property
    def rows(self) -> FuzzyList:
        """The list."""
        return self.query_one(FuzzyList)

    def load(self) -> None:
        """Read the chosen function's versions and aliases."""
        name = self.session.function
        if name != self._function:
            self.forget()
        if name is not None:
            self._function = name
            self._in_thread("versions", name, None, "")

    def forget(self) -> None:
        """Show nothing: another function or target."""
        self._function = None
        self.versions, self.aliases = [], {}
        self._show()

    def _in_thread(
        self, group: str, name: str, change: Callable[[], str | None] | None, done: str
    ) -> None:
        """Make a change (which may return the row to go to), then read everything again."""
        backend = self.session.backend
        if backend is None:
            return

        def read(job: Job) -> Message:
            with backend.permitted():
                goto = change() if change else None
            versions, aliases = backend.versions(name)
            return self.Loaded(name, versions, aliases, done.format(goto), goto)

        in_thread(self, group, read)

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        if message.function != self.session.function:
            return
        self.versions = message.versions
        self.aliases = {alias.name: alias for alias in message.aliases}
        self._show()
        if message.highlight:
            self.rows.highlight(message.highlight)
        if message.say:
            self.say(message.say, "success")
        chosen = self.session.qualifier
        known = {*self.aliases, *(version.version for version in self.versions)}
        if chosen is not None and chosen not in known:
            self.post_message(QualifierChosen(None))

    def theme_changed(self) -> None:
        """The rows hold colours."""
        self._show()

    def show_qualifier(self) -> None:
        """The qualifier to invoke has changed: mark it."""
        self._show()

    def _show(self) -> None:
        if self._function is None:
            self.rows.set_rows([])
            self.subtitle = ""
            return
        colors = palette(self)
        chosen = self.session.qualifier or LATEST
        rows = [self._row(LATEST, Text("unpublished", colors[QUIET]), chosen, "")]
        rows += [
            self._row(alias.name, Text(routes(alias), colors[STRONG]), chosen, alias.description)
            for alias in self.aliases.values()
        ]
        numbered = [version for version in self.versions if version.version != LATEST]
        for version in sorted(numbered, key=lambda v: int(v.version), reverse=True):
            date = version.last_modified[5:16].replace("T", " ")
            rows.append(
                self._row(version.version, Text(date, colors[QUIET]), chosen, version.description)
            )
        self.rows.set_rows(rows)
        self.subtitle = f"invokes {named(chosen)}"

    def _row(self, qualifier: str, detail: Text, chosen: str, description: str) -> Row:
        colors = palette(self)
        mark = "→ " if qualifier == chosen else "  "
        name = named(qualifier)
        text = Text(f"{mark}{name}", colors[STRONG] if qualifier == chosen else "")
        if description:
            text.append(f"  {description}", colors[QUIET])
        return Row(qualifier, (text, detail), search=f"{name} {description}")

    # -- keys -----------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """Aliases can be moved, weighted and deleted on their own rows."""
        if self.session.function is None:
            return "Choose a function first (key 1)."
        if self.session.backend is None:
            return "The local Lambda is still starting."
        if action == "delete_alias" and self.rows.highlighted not in self.aliases:
            return "Put the cursor on the alias first."
        if action in ("move_alias", "weight") and self._alias() is None:
            return "Put the cursor on an alias first; a creates one."
        if action in ("create_alias", "move_alias") and not self._numbers():
            return "An alias leads to a version: publish one first (p)."
        if action == "weight" and len(self._numbers()) < 2:
            return "A share needs a second version: publish one first (p)."
        return None

    def _alias(self) -> Alias | None:
        """The alias under the cursor; on a version the only alias there is."""
        row = self.rows.highlighted or ""
        if row not in self.aliases and row.isdigit() and len(self.aliases) == 1:
            return next(iter(self.aliases.values()))
        return self.aliases.get(row)

    def _version_under_cursor(self, among: Sequence[str]) -> str:
        """The version the cursor is on, if it is one of these, else the first of them."""
        row = self.rows.highlighted or ""
        return row if row in among else among[0]

    def _numbers(self) -> list[str]:
        numbers = [v.version for v in self.versions if v.version != LATEST]
        return sorted(numbers, key=int, reverse=True)

    @on(FuzzyList.Selected)
    def _selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self.action_use()

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        message.stop()

    def action_use(self) -> None:
        """Invoke this version or alias from now on."""
        row = self.rows.highlighted
        if row is not None:
            self.post_message(QualifierChosen(None if row == LATEST else row))

    def action_reload(self) -> None:
        """Read again."""
        self.load()

    async def _ask_aws(self, title: str, lines: list[str], action: str, arn: str) -> bool:
        """On AWS every change is asked for with the full ARN."""
        name, backend = self.session.function or "", self.session.backend
        return await agreed(self.app, backend, name, Change(title, action, arn, lines))

    def _arn(self, qualifier: str = "") -> str:
        name, backend = self.session.function or "", self.session.backend
        function = self.session.functions.get(name)
        arn = function.arn if function else ""
        if not arn and backend is not None:  # the list has not come yet
            arn = backend.arn(name)
        return f"{arn}:{qualifier}" if qualifier else arn

    @work(exclusive=True, group="dialog")
    async def action_publish(self) -> None:
        """Publish a version of $LATEST."""
        if not self.allowed("publish"):
            return
        name, backend = self.session.function, self.session.backend
        values = await self.app.push_screen_wait(
            FormDialog(
                "Publish version",
                [
                    Field(
                        "description",
                        "Description",
                        required=False,
                        help="What is new in it. Code and configuration of a version never change.",
                    )
                ],
                submit="Publish",
            )
        )
        if values is None or name is None or backend is None:
            return
        description = str(values["description"] or "")
        if await self._ask_aws(
            "Publish version", ["Publish a version of $LATEST of"], "Publish", self._arn()
        ):
            self._in_thread(
                "change",
                name,
                lambda: backend.client.publish_version(name, description).version,
                "Published version {}.",
            )

    @work(exclusive=True, group="dialog")
    async def action_create_alias(self) -> None:
        """Create an alias."""
        if not self.allowed("create_alias"):
            return
        name, backend, numbers = self.session.function, self.session.backend, self._numbers()
        values = await self.app.push_screen_wait(
            FormDialog(
                "Create alias",
                [
                    Field("name", "Name", help="For instance live, beta, PROD."),
                    Field(
                        "version",
                        "Version",
                        kind="choice",
                        default=self._version_under_cursor(numbers),
                        choices=tuple(numbers),
                    ),
                    Field("description", "Description", required=False),
                ],
                submit="Create",
            )
        )
        if values is None or name is None or backend is None:
            return
        alias, version = str(values["name"]), str(values["version"])
        description = str(values["description"] or "")
        if await self._ask_aws(
            "Create alias", [f"Create the alias {alias} → v{version}:"], "Create", self._arn(alias)
        ):
            self._in_thread(
                "change",
                name,
                lambda: backend.client.create_alias(name, alias, version, description).name,
                f"Created {alias} → v{version}.",
            )

    @work(exclusive=True, group="dialog")
    async def action_move_alias(self) -> None:
        """Move the alias to another version; a weight is dropped."""
        if not self.allowed("move_alias"):
            return
        name, backend, alias = self.session.function, self.session.backend, self._alias()
        if alias is None or name is None or backend is None:
            return
        values = await self.app.push_screen_wait(
            FormDialog(
                f"Move {alias.name}",
                [
                    Field(
                        "version",
                        "Version",
                        kind="choice",
                        default=self._version_under_cursor(self._numbers()),
                        choices=tuple(self._numbers()),
                        help=f"Now: {routes(alias)}",
                    )
                ],
                submit="Move",
            )
        )
        if values is None:
            return
        version = str(values["version"])
        if await self._ask_aws(
            "Move alias", [f"{routes(alias)}  becomes  v{version} for"], "Move", alias.arn
        ):
            self._in_thread(
                "change",
                name,
                lambda: (
                    backend.client.update_alias(
                        name, alias.name, version=version, weights={}, revision_id=alias.revision_id
                    ).name
                ),
                f"{alias.name} now leads to v{version}.",
            )

    @work(exclusive=True, group="dialog")
    async def action_weight(self) -> None:
        """Send a share of the alias's invocations to a second version."""
        if not self.allowed("weight"):
            return
        name, backend, alias = self.session.function, self.session.backend, self._alias()
        if alias is None or name is None or backend is None:
            return
        others = tuple(v for v in self._numbers() if v != alias.function_version)
        second = next(iter(alias.weights), self._version_under_cursor(others))
        share = alias.weights.get(second, 0.1)
        values = await self.app.push_screen_wait(
            FormDialog(
                f"Weight of {alias.name}",
                [
                    Field(
                        "version", "Second version", kind="choice", default=second, choices=others,
                        help=f"Now: {routes(alias)}",
                    ),
                    Field(
                        "percent", "Percent", kind="number", default=f"{share * 100:g}",
                        help=f"Of the invocations; the rest go to v{alias.function_version}. "
                        "0 takes the second version away.",
                        check=_check_percent,
                    ),
                ],
                submit="Set",
            )
        )  # fmt: skip
        if values is None:
            return
        version, percent = str(values["version"]), float(str(values["percent"]))
        weights = {version: percent / 100} if percent else {}
        words = f"{100 - percent:g}% v{alias.function_version} · {percent:g}% v{version}"
        if await self._ask_aws("Set weight", [f"{words} for"], "Set", alias.arn):
            self._in_thread(
                "change",
                name,
                lambda: (
                    backend.client.update_alias(
                        name, alias.name, weights=weights, revision_id=alias.revision_id
                    ).name
                ),
                f"{alias.name}: {words}.",
            )

    @work(exclusive=True, group="dialog")
    async def action_delete_alias(self) -> None:
        """Delete the alias; always asks."""
        if not self.allowed("delete_alias"):
            return
        name, backend, alias = self.session.function, self.session.backend, self._alias()
        if alias is None or name is None or backend is None:
            return
        question = f"Delete the alias {alias.name} ({routes(alias)})?"
        if backend.is_local:
            dialog = Confirm("Delete alias", [question, "", alias.arn], "Delete", danger=True)
            sure = await self.app.push_screen_wait(dialog)
        else:
            change = Change("Delete alias", "Delete", alias.arn, [question], danger=True)
            sure = await agreed(self.app, backend, name, change)
        if not sure:
            return

        def delete() -> None:
            backend.client.delete_alias(name, alias.name)

        self._in_thread("change", name, delete, f"Deleted the alias {alias.name}.")

    def copy_text(self) -> tuple[str, str] | None:
        """The ARN of the version or alias under the cursor."""
        row = self.rows.highlighted
        return ("the ARN", self._arn(row)) if row else None


def named(qualifier: str) -> str:
    """A qualifier for people: versions are `v3`, aliases their name."""
    return f"v{qualifier}" if qualifier.isdigit() else qualifier


def _check_percent(value: object) -> str | None:
    inside = isinstance(value, int | float) and 0 <= value <= 100
    return None if inside else "A number from 0 to 100."
