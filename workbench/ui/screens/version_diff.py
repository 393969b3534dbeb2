"""What differs between two versions: the configuration, and the code file by file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from workbench.aws.code.diff import FileChange
from workbench.ui.backend import Backend
from workbench.ui.formats import BAD, GOOD, QUIET, WARN
from workbench.ui.keys import key_of, with_keys
from workbench.ui.version_diff import VersionDiff, compare_versions, no_text
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.diff_view import DiffView
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.modal import Modal
from workbench.ui.widgets.palette import palette
from workbench.ui.work import Failed, dialog, in_thread
from workbench.ui.work import stop as stop_jobs

_CONFIGURATION = "configuration"
_KINDS = {"added": ("+", GOOD), "removed": ("−", BAD), "changed": ("~", WARN), "mode": ("x", WARN)}


class VersionDiffScreen(Modal[None]):
    """Compares `new` with `old`, two of `versions`; each side can be changed."""

    DEFAULT_CSS = """
    VersionDiffScreen { align: center middle; }
    VersionDiffScreen > Vertical {
        width: 100%; height: 100%; background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    VersionDiffScreen FuzzyList { width: 34%; max-width: 50; }
    VersionDiffScreen .files { border-right: vkey $border-blurred; }
    VersionDiffScreen #words { height: auto; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", show=False, id="version-diff.close"),
        Binding(
            "o",
            "choose('old')",
            "Choose the old side",
            show=False,
            id="version-diff.old",
        ),
        Binding(
            "w",
            "choose('new')",
            "Choose the new side",
            show=False,
            id="version-diff.new",
        ),
        Binding("x", "swap", "Swap the sides", show=False, id="version-diff.swap"),
        Binding(
            "v",
            "show_values",
            "Show or hide environment values",
            show=False,
            id="version-diff.values",
        ),
    ]

    @dataclass
    class Compared(Message):
        """The two versions were read."""

        diff: VersionDiff

    def __init__(
        self, backend: Backend, function: str, new: str, old: str, versions: Sequence[str]
    ) -> None:
        super().__init__()
        self._backend = backend
        self._function = function
        self.new, self.old = new, old
        self._versions = list(versions)
        self._diff: VersionDiff | None = None
        self._masked = True
        self._words = Static("", id="words", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self._words
            with Horizontal():
                yield FuzzyList([Column(), Column()], classes="files", empty="Nothing differs.")
                yield DiffView()

    def on_mount(self) -> None:
        frame = self.query_one(Vertical)
        frame.border_subtitle = with_keys(
            self.app,
            "tab list/text · <diff.next> <diff.previous> changes · <version-diff.old> old · "
            "<version-diff.new> new · <version-diff.swap> swap · <version-diff.close> close",
        )
        self._read()

    def on_unmount(self) -> None:
        stop_jobs(self)

    def _read(self) -> None:
        self.query_one(Vertical).border_title = Content(
            f"{self._function}: {_named(self.old)} → {_named(self.new)}"
        )
        self._words.update("Reading both versions …")
        self._diff = None
        self.query_one(FuzzyList).set_rows([])
        self.query_one(DiffView).clear()
        backend, function, old, new = self._backend, self._function, self.old, self.new
        in_thread(
            self,
            "compare",
            lambda job: self.Compared(compare_versions(backend, function, old, new)),
        )

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        message.stop()
        self._words.update(f"✗ {message.sentence}")

    @on(Compared)
    def _compared(self, message: Compared) -> None:
        diff = self._diff = message.diff
        files = diff.files
        count = "1 file differs" if len(files) == 1 else f"{len(files)} files differ"
        settings = "the settings differ" if diff.settings_differ else "same settings"
        code = diff.no_code or ("same code" if not files else count)
        self._words.update(f"{code} · {settings}")
        colors = palette(self)
        rows = []
        if diff.settings_differ:
            rows.append(
                Row(
                    _CONFIGURATION,
                    (Text("~ settings", colors[WARN]), Text("changed", colors[QUIET])),
                )
            )
        for change in files:
            glyph, style = _KINDS[change.kind]
            rows.append(Row(f"/{change.path}", (Text(f"{glyph} {change.path}", colors[style]),
                                                Text(change.kind, colors[QUIET]))))  # fmt: skip
        files_list = self.query_one(FuzzyList)
        files_list.set_rows(rows)
        files_list.focus()

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        message.stop()
        self._show(message.row_id)

    @on(FuzzyList.Selected)
    def _selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self.query_one(DiffView).focus()

    def _show(self, row: str | None) -> None:
        diff, view = self._diff, self.query_one(DiffView)
        if diff is None or row is None:
            view.clear()
            return
        labels = {"old_label": _named(self.old), "new_label": _named(self.new)}
        if row == _CONFIGURATION:
            key = key_of(self.app, "version-diff.values") if self._masked else ""
            view.compare(*diff.settings(key), **labels)
            return
        change: FileChange = next(each for each in diff.files if f"/{each.path}" == row)
        if change.is_text and change.kind != "mode":
            view.compare(change.old_text or "", change.new_text or "", **labels)
        else:
            view.compare(*no_text(change), **labels)

    def action_swap(self) -> None:
        """Take the new one as the old one."""
        self.old, self.new = self.new, self.old
        self._read()

    def action_show_values(self) -> None:
        """Show the values of environment variables, or hide them."""
        self._masked = not self._masked
        self._show(self.query_one(FuzzyList).highlighted)

    @dialog
    async def action_choose(self, side: str) -> None:
        """Choose the version on a side."""
        now = self.old if side == "old" else self.new
        rows = [Row(version, (_named(version),)) for version in self._versions]
        choice = await self.app.push_screen_wait(
            Choose(f"The {side} version", rows, highlighted=now)
        )
        if choice is not None:
            if side == "old":
                self.old = choice
            else:
                self.new = choice
            self._read()

    def action_close(self) -> None:
        """Back to the versions."""
        self.dismiss(None)


def _named(version: str) -> str:
    return f"v{version}" if version.isdigit() else version
