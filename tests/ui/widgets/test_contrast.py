"""Every text can be read in every theme: contrast as WCAG 2.2 defines it (1.4.3, 1.4.6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from gallery import WIDGETS, Gallery
from rich.color import Color as RichColor
from textual.color import Color

from workbench.themes import SECTIONS, ThemeFile, load_themes

SHIPPED = load_themes(Path(__file__).parents[3] / "themes")
# What the terminal's own colours are is its user's choice.
THEMES = {theme.name: theme for theme in SHIPPED if not theme.ansi}
LEAST = {"high-contrast": 7.0, "high-contrast-light": 7.0}

BEHIND = (
    "background",
    "surface",
    "panel",
    "block-cursor-background",
    "block-cursor-blurred-background",
)
IN_FRONT = (
    *(name for name in SECTIONS["colors"] if name not in BEHIND),
    *(f"{part}-{name}" for part in ("json", "log", "diff") for name in SECTIONS[part]),
    "text-muted",
    "footer-key-foreground",
    "block-cursor-foreground",
)


def luminance(color: Color) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def contrast(one: Color, other: Color) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def too_faint(theme: ThemeFile, pairs: list[tuple[str, Color, Color]]) -> list[str]:
    least = LEAST.get(theme.name, 4.5)
    return sorted(
        {
            f"{what}: {front.hex} on {behind.hex} is {contrast(front, behind):.2f}:1"
            for what, front, behind in pairs
            if contrast(front, behind) < least
        }
    )


@pytest.mark.parametrize("name", THEMES)
def test_the_colours_of_a_theme(name: str) -> None:
    theme = THEMES[name]
    values = {**theme.colors, **theme.variables}
    pairs = [
        (f"{front} on {behind}", Color.parse(values[front]), Color.parse(values[behind]))
        for front in IN_FRONT
        for behind in BEHIND
    ]
    found = ("foreground", "search-match")
    pairs.append(("found text", *(Color.parse(values[key]) for key in found)))
    assert not too_faint(theme, pairs)


# Frames, scroll bars, spinners' blocks: no text.
DRAWING = {chr(code) for code in range(0x2500, 0x25A0)}


@pytest.mark.parametrize("widget", sorted(WIDGETS))
# The colours of all are compared above; how widgets lay them over each other is the same.
@pytest.mark.parametrize("name", ["workbench-dark", "workbench-light", "high-contrast"])
async def test_what_is_painted(name: str, widget: str) -> None:
    app = Gallery(widget, name)
    pairs: list[tuple[str, Color, Color]] = []
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                style = segment.style
                if style is None or not set(segment.text) - DRAWING - {" "}:
                    continue
                if segment.text == "INFO":  # coloured by the program that logs, not by the theme
                    continue
                assert not style.dim
                colors = [style.color, style.bgcolor]
                if style.reverse:
                    colors.reverse()
                front, behind = (_shown(color) for color in colors)
                if front and behind:
                    pairs.append((repr(segment.text.strip()[:20]), front, behind))
    assert pairs
    assert not too_faint(THEMES[name], pairs)


def _shown(color: RichColor | None) -> Color | None:
    if color is None or color.triplet is None:
        return None
    return Color(*color.triplet)
