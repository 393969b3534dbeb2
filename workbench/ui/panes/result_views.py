"""The views of an answer in the Result pane: one at a time, named in a line above when several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widgets import ContentSwitcher, Static

from workbench.ui.messages import FooterChanged
from workbench.ui.panes.result_changes import ChangesView
from workbench.ui.panes.result_error import ErrorView
from workbench.ui.panes.result_http import HttpView
from workbench.ui.session import Session
from workbench.ui.widgets.json_view import JsonView

_TITLES = {"http": "HTTP", "payload": "Payload", "error": "Error", "changes": "Changes"}
_NOTHING = "nothing"


class _Names(Static):
    """The line with the names; a click on one goes there."""

    def __init__(self, go: Callable[[str], object]) -> None:
        super().__init__("", id="views")
        self._go = go

    def action_view(self, name: str) -> None:
        # Links run the actions of the widget they stand in.
        self._go(name)


class ResultViews(Vertical):
    """The payload, the HTTP response or the error that it means, and what changed; or words for
    why there is none of them. Views are known by the names of their attributes."""

    DEFAULT_CSS = """
    ResultViews { height: 1fr; }
    ResultViews > #views { height: 1; padding: 0 1; display: none; }
    ResultViews > ContentSwitcher { height: 1fr; }
    ResultViews #nothing { height: 1fr; padding: 1 2; color: $text-muted; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.payload = JsonView(id="payload")
        self.error = ErrorView(id="error")
        self.http = HttpView(session, id="http")
        self.changes = ChangesView(session, id="changes")
        self.names: list[str] = []
        """Those that there are for this answer."""
        self._line = _Names(self.go)
        self._nothing = Static("", id=_NOTHING, markup=False)
        self._switcher = ContentSwitcher(
            self._nothing, self.payload, self.error, self.http, self.changes, initial=_NOTHING
        )

    def compose(self) -> ComposeResult:
        yield self._line
        yield self._switcher

    @property
    def current(self) -> str:
        """The view that shows; "nothing" when none does."""
        return self._switcher.current or _NOTHING

    def offer(self, names: Sequence[str], current: str, empty: str) -> None:
        """There are these views now: show one of them. Without any the words `empty` are shown."""
        self.names = list(names)
        self._switch(current if self.names else _NOTHING, empty)

    def say_nothing(self, words: str) -> None:
        """Other words for that there is no answer."""
        self._nothing.update(words)

    def switch(self, name: str) -> None:
        """Show a view, which is one of this answer's from now on."""
        if name not in self.names:
            self.names.append(name)
        self._switch(name)

    def _switch(self, name: str, empty: str = "") -> None:
        if name == _NOTHING:
            self._nothing.update(empty)
        self._switcher.current = name
        self._show_line()
        self.post_message(FooterChanged())

    def _show_line(self) -> None:
        self._line.display = len(self.names) > 1
        self._line.update(Content("   ").join(map(self._title, self.names)))

    def _title(self, name: str) -> Content:
        title = f"[reverse] {_TITLES[name]} [/]" if name == self.current else _TITLES[name]
        return Content.from_markup(f"[@click=\"view('{name}')\"]{title}[/]")

    def next(self) -> bool:
        """Show the next view; False when there is none."""
        if len(self.names) < 2 or self.current not in self.names:
            return False
        self.go(self.names[(self.names.index(self.current) + 1) % len(self.names)])
        return True

    def go(self, name: str) -> None:
        """Change to a view of this answer."""
        if name in self.names:
            self.switch(name)
            self.focus_current()

    def focus_current(self) -> bool:
        """Give the focus to the view that shows; False when none does."""
        if self.current not in self.names:
            return False
        self._switcher.get_child_by_id(self.current).focus()
        return True

    def places(self) -> Iterable[tuple[Region, Callable[[], object]]]:
        """The names in the line and how to go there, for jump mode."""
        x = self._line.content_region.x
        for name in self.names if self._line.region.area else ():
            width = len(_TITLES[name]) + (2 if name == self.current else 0)
            yield Region(x - 1, self._line.region.y, width, 1), partial(self.go, name)
            x += width + 3
