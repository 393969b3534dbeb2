"""Pane 5: versions and aliases of the function, and what can be done with them."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from textual import on
from textual.message import Message

from workbench.aws.deploying.alias_history import DELETED, AliasState, version_before
from workbench.aws.records import Alias
from workbench.ui.backend import Backend
from workbench.ui.consent import Change, agreed
from workbench.ui.formats import clock, named, routes
from workbench.ui.messages import FooterChanged, QualifierChosen
from workbench.ui.panes.versions_list import LATEST, VersionsList
from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.work import dialog

_DONE_WITH_AN_ALIAS = ("move_alias", "weight", "roll_back", "canary")
_OF_AN_ALIAS = ("move_alias", "weight", "roll_back", "alias_history", "canary")


@dataclass
class OpenCanary(Message):
    """Shift an alias's traffic to one of `versions`, `version` for a start; or show how one that
    is under way goes."""

    function: str
    alias: Alias
    versions: list[str]
    version: str


class VersionsPane(VersionsList):
    """Publishing, aliases and the differences between versions."""

    scope = "versions"

    def why_not(self, action: str) -> str | None:
        """Aliases can be moved, weighted and deleted on their own rows."""
        if self.session.function is None:
            return "Choose a function first (<pane.pane-functions>)."
        if self.session.backend is None:
            return "The local Lambda is still starting."
        if action == "delete_alias" and self.rows.highlighted not in self.aliases:
            return "Put the cursor on the alias first."
        alias = self._alias()
        if action in _OF_AN_ALIAS and alias is None:
            return "Put the cursor on an alias first; <versions.create_alias> creates one."
        if action in ("create_alias", "move_alias") and not self.numbers():
            return "An alias leads to a version: publish one first (<versions.publish>)."
        if action == "move_alias" and alias and not self._elsewhere(alias):
            return f"{alias.name} leads to the only version there is: <versions.publish> first."
        if action in ("weight", "canary") and alias and alias.function_version == LATEST:
            how = "move it to a version first (<versions.move_alias>)"
            return f"{alias.name} leads to $LATEST: {how}."
        if action == "weight" and len(self.numbers()) < 2:
            return "A share needs a second version: publish one first (<versions.publish>)."
        if action == "canary" and len(self.numbers()) < 2:
            return "A canary needs a second version: publish one first (<versions.publish>)."
        if action == "diff" and not self.numbers():
            return "There is nothing to compare with: publish a version first (<versions.publish>)."
        if action == "roll_back" and alias and self._version_before(alias) is None:
            how = "<versions.move_alias> moves it"
            return f"Where {alias.name} led before was not seen from here; {how}."
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

    @on(FuzzyList.Selected)
    def _selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self.action_use()

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        message.stop()
        self.post_message(FooterChanged())

    def calls_for(self) -> Sequence[str]:
        """What one does with an alias."""
        if self.rows.highlighted not in self.aliases:
            return ()
        return [f"versions.{each}" for each in _DONE_WITH_AN_ALIAS]

    def has_no_use_for(self) -> Container[str]:
        """Without an alias there is no canary."""
        return () if self._alias() else ("versions.canary",)

    def action_use(self) -> None:
        """Invoke this version or alias from now on."""
        row = self.rows.highlighted
        if row is not None:
            self.post_message(QualifierChosen(None if row == LATEST else row))

    def action_reload(self) -> None:
        """Read again."""
        self.load()

    def _arn(self, qualifier: str = "") -> str:
        name, backend = self.session.function or "", self.session.backend
        function = self.session.functions.get(name)
        arn = function.arn if function else ""
        if not arn and backend is not None:  # the list has not come yet
            arn = backend.arn(name)
        return f"{arn}:{qualifier}" if qualifier else arn

    @dialog
    async def action_publish(self) -> None:
        """Publish a version of $LATEST."""
        if not self.allowed("publish"):
            return
        name, backend, arn = self.session.function, self.session.backend, self._arn()
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
        words = ["Publish a version of $LATEST of"]
        change = Change("Publish version", "Publish", arn, words)
        if await agreed(self.app, backend, name, change):
            self.change(
                backend,
                name,
                lambda: backend.client.publish_version(name, description).version,
                "Published version {}.",
            )

    @dialog
    async def action_create_alias(self) -> None:
        """Create an alias."""
        if not self.allowed("create_alias"):
            return
        name, backend, arn = self.session.function, self.session.backend, self._arn()
        numbers = self.numbers()
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

        def create() -> str:
            made = backend.client.create_alias(name, alias, version, description)
            with contextlib.suppress(OSError):
                backend.alias_history.change(backend.target.key, name, made, "created")
            return made.name

        words = [f"Create the alias {alias} → v{version}:"]
        change = Change("Create alias", "Create", f"{arn}:{alias}", words)
        if await agreed(self.app, backend, name, change):
            self.change(backend, name, create, f"Created {alias} → v{version}.")

    @dialog
    async def action_move_alias(self) -> None:
        """Move the alias to another version; a weight is dropped."""
        name, backend, alias = self.session.function, self.session.backend, self._alias()
        if not self.allowed("move_alias") or not (name and backend and alias):
            return
        numbers = self._elsewhere(alias)
        version = await self.app.push_screen_wait(
            Choose(
                f"Move {alias.name}, now {routes(alias)}, to",
                [self._version_row(number) for number in numbers],
                [Column(), Column()],
                highlighted=self._version_under_cursor(numbers),
            )
        )
        if version is not None:
            await self._route(backend, name, alias, version, {}, "moved")

    def _elsewhere(self, alias: Alias) -> list[str]:
        """The versions that the alias does not lead to, or not with all of its invocations."""
        now = None if alias.weights else alias.function_version
        return [number for number in self.numbers() if number != now]

    @dialog
    async def action_weight(self) -> None:
        """Send a share of the alias's invocations to a second version."""
        name, backend, alias = self.session.function, self.session.backend, self._alias()
        if not self.allowed("weight") or not (name and backend and alias):
            return
        from workbench.ui.screens.weight import WeightScreen

        others = [v for v in self.numbers() if v != alias.function_version]
        second = next(iter(alias.weights), self._version_under_cursor(others))
        answer = await self.app.push_screen_wait(WeightScreen(alias, others, second))
        if answer is None:
            return
        second, percent = answer
        if percent == 100:
            await self._route(backend, name, alias, second, {}, "moved")
        else:
            weights = {second: percent / 100} if percent else {}
            await self._route(backend, name, alias, alias.function_version, weights, "weighted")

    @dialog
    async def action_roll_back(self) -> None:
        """Give the alias back to the version it led to before, or its first one everything."""
        name, backend, alias = self.session.function, self.session.backend, self._alias()
        if not self.allowed("roll_back") or not (name and backend and alias):
            return
        version = self._version_before(alias)
        if version is not None:
            await self._route(backend, name, alias, version, {}, "rolled back")

    @dialog
    async def action_alias_history(self) -> None:
        """Show where the alias led before; enter moves it there again."""
        name, backend, alias = self.session.function, self.session.backend, self._alias()
        if not self.allowed("alias_history") or not (name and backend and alias):
            return
        states = [state for state in self.history if state.alias == alias.name]
        rows = [
            Row(str(number), (_led_to(state), state.how, clock(state.time)))
            for number, state in enumerate(states)
        ]
        choice = await self.app.push_screen_wait(
            Choose(
                f"{alias.name}: changes made or seen from this project",
                rows,
                [Column(), Column(), Column()],
                enter="moves it there again",
                leave="close",
            )
        )
        if choice is None:
            return
        version, weights = states[int(choice)].routing
        if version not in self.numbers() or not weights.keys() <= set(self.numbers()):
            self.say(f"{_led_to(states[int(choice)])}: that is no more.", "warning")
        elif (version, weights) == (alias.function_version, dict(alias.weights)):
            self.say(f"{alias.name} leads there now.")
        else:
            await self._route(backend, name, alias, version, weights, "moved back")

    async def _route(
        self,
        backend: Backend,
        name: str,
        alias: Alias,
        version: str,
        weights: Mapping[str, float],
        how: str,
    ) -> None:
        """Let the alias of a function lead somewhere else, on AWS after asking; `how` is for its
        history."""
        there = replace(alias, function_version=version, weights=weights)
        words = f"{routes(alias)}  becomes  {routes(there)} for"
        change = Change(f"Change {alias.name}", "Change", alias.arn, [words])
        if not await agreed(self.app, backend, name, change):
            return

        def make() -> str:
            changed = backend.client.update_alias(
                name, alias.name, version=version, weights=weights, revision_id=alias.revision_id
            )
            with contextlib.suppress(OSError):  # the change is made; its history is an extra
                backend.alias_history.change(backend.target.key, name, changed, how)
            return changed.name

        self.change(backend, name, make, f"{alias.name} {how}: now {routes(there)}.")

    def _version_row(self, number: str) -> Row:
        version = next(each for each in self.versions if each.version == number)
        return Row(number, (named(number), version.description or version.last_modified[:16]))

    def _version_before(self, alias: Alias) -> str | None:
        """Where a roll back leads to; None when nothing is known."""
        if alias.weights:
            return alias.function_version
        before = version_before(self.history, alias)
        return before if before in self.numbers() else None

    @dialog
    async def action_diff(self) -> None:
        """Compare code and configuration with those of another version."""
        name, backend, row = self.session.function, self.session.backend, self.rows.highlighted
        if not self.allowed("diff") or not (name and backend and row):
            return
        from workbench.ui.screens.version_diff import VersionDiffScreen

        new, old = self._resolved(row), self._compared_with(row)
        if old == LATEST:  # the first version: what came after it is on the new side
            new, old = old, new
        versions = [LATEST, *self.numbers()]
        await self.app.push_screen_wait(VersionDiffScreen(backend, name, new, old, versions))

    def _resolved(self, row: str) -> str:
        """The version a row is about: of an alias the new one."""
        alias = self.aliases.get(row)
        return row if alias is None else next(iter(alias.weights), alias.function_version)

    def _compared_with(self, row: str) -> str:
        """The version that one wants to know the difference to: the one before."""
        alias, numbers, version = self.aliases.get(row), self.numbers(), self._resolved(row)
        if alias is not None:
            before = alias.function_version if alias.weights else self._version_before(alias)
            if before is not None:
                return before
        older = numbers if version == LATEST else [v for v in numbers if int(v) < int(version)]
        return older[0] if older else LATEST

    def action_canary(self) -> None:
        """Shift the alias's traffic to another version as CodeDeploy does, or see how it goes."""
        name, alias = self.session.function, self._alias()
        if self.allowed("canary") and name is not None and alias is not None:
            self.post_message(OpenCanary(name, alias, self.numbers(),
                                         self._version_under_cursor(self.numbers())))  # fmt: skip

    @dialog
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
            with contextlib.suppress(OSError):
                backend.alias_history.delete(backend.target.key, name, alias.name)

        self.change(backend, name, delete, f"Deleted the alias {alias.name}.")

    def copy_text(self) -> tuple[str, str] | None:
        """The ARN of the version or alias under the cursor."""
        row = self.rows.highlighted
        return ("the ARN", self._arn(row)) if row else None


def _led_to(state: AliasState) -> str:
    if state.version == DELETED:
        return "deleted"
    return routes(Alias(state.alias, "", state.version, weights=state.weights))
