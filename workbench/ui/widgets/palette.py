"""The theme's colours as Rich styles, for widgets that paint line by line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from rich.style import Style
from textual.app import App
from textual.color import Color, ColorParseError
from textual.theme import Theme
from textual.widget import Widget

from workbench.themes import ThemeFile

# What each of our names falls back to in a theme that doesn't define it (Textual's own themes).
_FALLBACKS = {
    "json-key": "primary",
    "json-string": "success",
    "json-number": "warning",
    "json-literal": "accent",
    "json-punctuation": "foreground",
    "log-time": "secondary",
    "log-label": "primary",
    "log-platform": "secondary",
    "log-debug": "secondary",
    "log-warning": "warning",
    "log-error": "error",
    "diff-added": "success",
    "diff-removed": "error",
    "footer-key": "footer-key-foreground",
    "search-match": "warning",
}


@dataclass(frozen=True)
class Palette:
    """Styles by name (``json-key``, ``log-error``, ``diff-added`` …) and those of the cursor."""

    styles: dict[str, Style]
    cursor: Style
    cursor_blurred: Style
    match: Style
    muted: Style

    def __getitem__(self, name: str) -> Style:
        """Return the style of that name; an unknown name is the plain style."""
        return self.styles.get(name, _PLAIN)


_PLAIN = Style()


def palette(widget: Widget) -> Palette:
    """Return the palette of the theme that is in force where the widget is shown."""
    # Asked several times a line: the app makes its variables anew when the theme changes.
    app = widget.app
    variables, no_color = app.theme_variables, app.no_color
    known = _known.get(app)
    if known is None or known[0] is not variables or known[1] != no_color:
        found = _palette(tuple(sorted(variables.items())), no_color)
        _known[app] = known = (variables, no_color, found)
    return known[2]


_known: WeakKeyDictionary[App[Any], tuple[dict[str, str], bool, Palette]] = WeakKeyDictionary()


@lru_cache(maxsize=16)
def _palette(items: tuple[tuple[str, str], ...], no_color: bool) -> Palette:
    variables = dict(items)

    def color(name: str) -> str | None:
        try:
            parsed = Color.parse(variables.get(name, ""))
        except ColorParseError:
            return None
        if parsed.ansi is not None:
            # The terminal's own colours have the same names in Rich.
            return variables[name].removeprefix("ansi_")
        return parsed.rich_color.name

    def either(name: str) -> str | None:
        return color(name) or color(_FALLBACKS[name])

    def foreground(name: str) -> Style:
        value = either(name)
        # In a theme without this colour the secondary texts are dimmed, so that they stay quiet.
        dim = name not in variables and name in ("log-time", "log-platform", "log-debug")
        return Style(color=value, dim=True if dim else None)

    background = color("search-match")
    if no_color:
        return Palette(
            styles={},
            cursor=Style(reverse=True),
            cursor_blurred=Style(underline=True),
            match=Style(reverse=True, underline=True),
            muted=_PLAIN,
        )
    return Palette(
        styles={name: foreground(name) for name in _FALLBACKS if name != "search-match"},
        cursor=Style(bgcolor=color("block-cursor-background") or color("primary")),
        cursor_blurred=Style(
            bgcolor=color("block-cursor-blurred-background") or color("panel") or color("surface")
        ),
        # Underlined too: a found text must be visible without colour.
        match=Style(color=color("foreground"), bgcolor=background, underline=True)
        if background
        else Style(reverse=True),
        muted=foreground("json-punctuation"),
    )


def textual_theme(theme: ThemeFile) -> Theme:
    """Return Textual's theme of a theme file."""
    colors = dict(theme.colors)
    # What Textual's own style sheets ask for in themes of the terminal's colours.
    ground, ink = ("black", "white") if theme.dark else ("white", "black")
    needed = {"ansi-background": f"ansi_{ground}", "ansi-foreground": f"ansi_{ink}"}
    return Theme(
        name=theme.name,
        ansi=theme.ansi,
        primary=colors.pop("primary"),
        dark=theme.dark,
        variables={**(needed if theme.ansi else {}), **theme.variables},
        secondary=colors.get("secondary"),
        accent=colors.get("accent"),
        success=colors.get("success"),
        warning=colors.get("warning"),
        error=colors.get("error"),
        foreground=colors.get("foreground"),
        background=colors.get("background"),
        surface=colors.get("surface"),
        panel=colors.get("panel"),
    )
