"""The line of figures in the Result pane: duration, memory, price."""

from __future__ import annotations

from textual.widgets import Static

_BETWEEN = " · "


class FactsLine(Static):
    """Figures, of which none is torn apart where the pane is too narrow for one line."""

    def __init__(self) -> None:
        super().__init__("", id="facts", markup=False)
        self._facts = self._shown = ""

    def show(self, facts: str) -> None:
        """Show figures that ` · ` stands between."""
        self._facts = facts
        self._lay_out()

    def on_resize(self) -> None:
        """Another width breaks the line elsewhere."""
        self._lay_out()

    def _lay_out(self) -> None:
        shown = in_lines(self._facts, self.size.width)
        if shown != self._shown:
            self._shown = shown
            self.update(shown)


def in_lines(facts: str, width: int) -> str:
    """The figures with line breaks between them, so that a line has at most `width` characters
    where a single figure has; 0: one line."""
    lines: list[str] = []
    for fact in facts.split(_BETWEEN):
        if lines and (not width or len(lines[-1]) + len(_BETWEEN) + len(fact) <= width):
            lines[-1] += _BETWEEN + fact
        else:
            lines.append(fact)
    return "\n".join(lines)
