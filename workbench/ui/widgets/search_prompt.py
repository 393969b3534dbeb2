"""SearchPrompt: the ``/`` prompt at the foot of the screen, for views that have no room for one."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.screen import ModalScreen

from workbench.ui.widgets.recall import Recall
from workbench.ui.widgets.search_bar import SearchBar


class SearchPrompt(ModalScreen[None]):
    """Asks for a text while the view behind it stays to be seen.

    ``search`` is called with what is typed, and with "" when the search is given up; it returns
    what is said at the end of the line.
    """

    DEFAULT_CSS = """
    SearchPrompt { background: transparent; }
    """

    def __init__(self, search: Callable[[str], str], recall: Recall, placeholder: str) -> None:
        super().__init__()
        self._search = search
        self._bar = SearchBar(placeholder, recall)

    def compose(self) -> ComposeResult:
        yield self._bar

    def on_mount(self) -> None:
        self._bar.open()

    @on(SearchBar.Changed)
    def _changed(self, event: SearchBar.Changed) -> None:
        self._bar.status(self._search(event.text))

    @on(SearchBar.Submitted)
    def _submitted(self) -> None:
        self.dismiss(None)

    @on(SearchBar.Closed)
    def _given_up(self) -> None:
        self._search("")
        self.dismiss(None)
