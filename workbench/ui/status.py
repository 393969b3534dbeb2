"""The screen's status line: where a sentence says what happened, a glyph before it is enough."""

from __future__ import annotations

from workbench.ui.widgets.safe_text import safe
from workbench.ui.widgets.status_bar import Severity, StatusLine

_GLYPHS: dict[Severity, str] = {"info": "●", "success": "✓", "warning": "▲", "error": "✗"}


class Status(StatusLine):
    """A status line of whole sentences."""

    def say(
        self,
        text: str,
        severity: Severity = "info",
        seconds: float | None = 5,
        *,
        glyph: str | None = None,
    ) -> None:
        """Show a sentence behind the severity's glyph, or behind `glyph`; see StatusLine.say."""
        super().say(text, severity, seconds)
        self._message.update(f"{glyph or _GLYPHS[severity]} {safe(text)}")
