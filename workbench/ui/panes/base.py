"""What the panes have in common."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region

from workbench.ui import keys
from workbench.ui.keys import key_of
from workbench.ui.messages import Say
from workbench.ui.session import Session
from workbench.ui.terminal import clipboard
from workbench.ui.widgets.fuzzy_list import FuzzyList
from workbench.ui.widgets.pane import Pane
from workbench.ui.widgets.status_bar import Severity
from workbench.ui.work import Failed, stop


class WorkbenchPane(Pane, can_focus=True):
    """A numbered pane with the keys of its scope.

    `scope` is its name in the key table and its id. Pressing the key of an action that makes no
    sense now says why: override `why_not`.
    """

    scope: ClassVar[str] = ""
    keeps_focus: ClassVar[bool] = False
    tabs: tuple[tuple[str, int, str], ...] = ()
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        cls.BINDINGS = [*keys.bindings(cls.scope), *keys.bindings("pane")]
        super().__init_subclass__(**kwargs)

    def __init__(self, session: Session, *children: Any, **options: Any) -> None:
        super().__init__(*children, id=self.scope, **options)
        self.session = session

    def on_unmount(self) -> None:
        """Another project is opened, or the screen quits: its jobs are wanted no more."""
        stop(self)

    def on_focus(self) -> None:
        """A click beside the content, or a jump to the pane, reaches the content."""
        if not self.keeps_focus:
            self.focus_content()

    def theme_changed(self) -> None:
        """The theme is another now: panes whose content holds colours override it."""

    def focus_content(self) -> None:
        """Give the focus to what takes the pane's keys: a list that has rows, else the pane."""
        for rows in self.query(FuzzyList):
            if rows.rows:
                rows.focus()
                return
        self.focus()

    def jump_places(self) -> Iterable[tuple[Region, Callable[[], object]]]:
        """Parts of the pane that jump mode can go to beside its fields, and how."""
        return ()

    def set_tabs(self, tabs: tuple[tuple[str, int, str], ...]) -> None:
        """Show in the title the panes that share this place: (scope, number, title) of each."""
        if tabs != self.tabs:
            self.tabs = tabs
            self._show_titles()

    def _show_titles(self) -> None:
        super()._show_titles()
        if len(self.tabs) > 1:
            self.border_title = Content(" │ ").join(
                [
                    self._own_title() if scope == self.scope else _tab(scope, number, title)
                    for scope, number, title in self.tabs
                ]
            )

    def _own_title(self) -> Content:
        return Content.styled(f" {self.number} {self.title} ", "bold reverse")

    def calls_for(self) -> Sequence[str]:
        """The ids of the actions that what has the cursor calls for, to stand in the footer. Who
        changes them posts `FooterChanged`."""
        return ()

    def has_no_use_for(self) -> Container[str]:
        """The ids of actions that what has the cursor leaves out of the footer."""
        return ()

    def takes_tab(self) -> bool:
        """Do what tab does in the pane now; False when it does nothing there but leave it."""
        return False

    def why_not(self, action: str) -> str | None:
        """The reason why an action of the key table cannot be done now, or None when it can; it
        may name keys as those of `Say` do."""
        return None

    def allowed(self, action: str) -> bool:
        """Whether an action can be done; when not, the status line says why."""
        reason = self.why_not(action)
        if reason:
            self.say(reason, "warning")
        return reason is None

    def say(self, text: str, severity: Severity = "info") -> None:
        """Put a sentence into the status line, see `Say`."""
        self.post_message(Say(text, severity))

    def key_of(self, action: str) -> str:
        """The key in force of an action that works everywhere, for a sentence."""
        return key_of(self.app, f"screen.{action}")

    @on(Failed)
    def _report_failure(self, message: Failed) -> None:
        message.stop()  # the screen would say it as well, also what is not to be said
        if message.details:
            self.log.error(message.details)
        self.failed(message.group, message.sentence)

    def failed(self, group: str, sentence: str) -> None:
        """A job of this pane failed: say it. Panes override it to show it in place."""
        self.say(sentence, "error")

    def copy_text(self) -> tuple[str, str] | None:
        """What `y` copies: (what it is, text), or None when there is nothing."""
        return None

    def page_text(self) -> str | None:
        """The text `f3` shows in the pager, or None."""
        found = self.copy_text()
        return found[1] if found else None

    def copy_to_clipboard(self, what: str, text: str) -> None:
        """Copy, and say what was copied."""
        clipboard.copy(self, text)
        self.say(f"Copied {what} ({len(text):,} characters).")

    def action_copy(self) -> None:
        """Copy what has focus."""
        found = self.copy_text()
        if found is None:
            self.say("There is nothing to copy here.", "warning")
        else:
            self.copy_to_clipboard(*found)


def _tab(scope: str, number: int, title: str) -> Content:
    return Content.from_markup(
        f"[@click=\"screen.pane('{scope}')\"][not bold]{number} {title}[/][/]"
    )
