"""Pane: a bordered box with a number, a title and a subtitle, that shows when it has the focus."""

from __future__ import annotations

from textual.containers import Container
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static


class Pane(Container):
    """A part of the screen. ``number`` is the key that focuses it, shown before the title.

    ``zoomed`` sets the class ``-zoomed``; the screen's layout does the rest.
    """

    DEFAULT_CSS = """
    Pane {
        height: 1fr; width: 1fr; border: round $border-blurred; background: $surface;
        border-title-color: $text-muted; border-subtitle-color: $text-muted; padding: 0;
        layers: below above;
    }
    Pane:focus-within {
        border: round $border; border-title-color: $foreground; border-title-style: bold;
    }
    Pane > .pane-empty {
        layer: above; width: 100%; height: 100%; padding: 1 2; color: $text-muted;
        background: $surface; display: none;
    }
    Pane.-empty > .pane-empty { display: block; }
    """

    title: reactive[str] = reactive("", init=False)
    subtitle: reactive[str] = reactive("", init=False)
    zoomed: reactive[bool] = reactive(False, init=False, toggle_class="-zoomed")

    def __init__(
        self,
        *children: Widget,
        number: int | None = None,
        title: str = "",
        subtitle: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        self._empty = Static("", classes="pane-empty", markup=False)
        super().__init__(*children, self._empty, id=id, classes=classes)
        self.number = number
        self.set_reactive(Pane.title, title)
        self.set_reactive(Pane.subtitle, subtitle)
        self._show_titles()

    def show_empty(self, text: str) -> None:
        """Show words instead of the content: why there is nothing, and what to do."""
        self._empty.update(text)
        self.add_class("-empty")

    def hide_empty(self) -> None:
        """Show the content."""
        self.remove_class("-empty")

    def _show_titles(self) -> None:
        number = f"{self.number} " if self.number is not None else ""
        zoom = " (zoomed)" if self.zoomed else ""
        # Content, not text: square brackets in a name are no markup.
        self.border_title = Content(f"{number}{self.title}{zoom}")
        self.border_subtitle = Content(self.subtitle)

    def watch_title(self) -> None:
        self._show_titles()

    def watch_subtitle(self) -> None:
        self._show_titles()

    def watch_zoomed(self) -> None:
        self._show_titles()
