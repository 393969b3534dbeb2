"""Theme files: one TOML format for the colours of the screen.

A theme is a file ``<name>.toml``::

    dark = true                     # is the background dark?

    [colors]                        # the frame of the screen
    primary = "#7aa2f7"             # required; so are background and foreground
    # optional: secondary accent success warning error surface panel

    [json]                          # key string number literal punctuation
    [log]                           # time label platform debug warning error
    [diff]                          # added removed
    [search]                        # match (background of a found text)

    [variables]                     # any further Textual CSS variable, as text
    border = "#3b4261"

Colours are ``#rgb`` or ``#rrggbb``. What is left out is derived from ``[colors]``. This module is
pure (the command line uses it); ``workbench.ui.widgets.palette`` turns a theme into Textual's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "colors": (
        "primary",
        "secondary",
        "accent",
        "success",
        "warning",
        "error",
        "foreground",
        "background",
        "surface",
        "panel",
    ),
    "json": ("key", "string", "number", "literal", "punctuation"),
    "log": ("time", "label", "platform", "debug", "warning", "error"),
    "diff": ("added", "removed"),
    "search": ("match",),
}
"""The colour sections of a theme file and the keys each may have."""

REQUIRED_COLORS = ("primary", "foreground", "background")

_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")


class ThemeError(ValueError):
    """A theme file is wrong; the text names file and key and says what to write."""


@dataclass(frozen=True)
class ThemeFile:
    """One theme as read: ``colors`` by Textual's names, ``variables`` such as ``json-key``."""

    name: str
    dark: bool
    colors: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)


def load_themes(folder: Path) -> list[ThemeFile]:
    """Return the themes of every ``*.toml`` in folder, by name. Raises ThemeError."""
    return [load_theme(path) for path in sorted(folder.glob("*.toml"))]


def load_theme(path: Path) -> ThemeFile:
    """Return the theme in the file; its name is the file's. Raises ThemeError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"{path}: the theme cannot be read: {error}") from error
    return parse_theme(text, name=path.stem, source=str(path))


def parse_theme(text: str, *, name: str, source: str) -> ThemeFile:
    """Return the theme in a TOML text. ``source`` stands in error messages. Raises ThemeError."""
    if not _NAME.match(name):
        raise ThemeError(
            f"{source}: a theme is called after its file: use lower-case letters, digits and "
            f"dashes, not {name!r}"
        )
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThemeError(f"{source}: not a TOML file: {error}") from error
    known = ("dark", *SECTIONS, "variables")
    for key in data:
        if key not in known:
            raise ThemeError(f"{source}: unknown key {key}: use one of {', '.join(known)}")
    dark = data.get("dark", True)
    if not isinstance(dark, bool):
        raise ThemeError(f"{source}: dark: write true or false, not {dark!r}")
    colors = _colors(data, "colors", source)
    for key in REQUIRED_COLORS:
        if key not in colors:
            raise ThemeError(f'{source}: colors.{key} is missing: write {key} = "#rrggbb"')
    variables = {
        f"{section}-{key}": value
        for section in SECTIONS
        if section != "colors"
        for key, value in _colors(data, section, source).items()
    }
    for key, value in _section(data, "variables", source).items():
        if not isinstance(value, str):
            raise ThemeError(f"{source}: variables.{key}: write a text, not {value!r}")
        variables[key] = value
    return ThemeFile(name, dark, colors, variables)


def _colors(data: dict[str, object], section: str, source: str) -> dict[str, str]:
    colors = {}
    for key, value in _section(data, section, source).items():
        allowed = SECTIONS[section]
        if key not in allowed:
            raise ThemeError(
                f"{source}: unknown key {section}.{key}: use one of {', '.join(allowed)}"
            )
        if not isinstance(value, str) or not _COLOR.match(value):
            raise ThemeError(f"{source}: {section}.{key}: {value!r} is no colour: write #rrggbb")
        colors[key] = value
    return colors


def _section(data: dict[str, object], section: str, source: str) -> dict[str, object]:
    value = data.get(section, {})
    if not isinstance(value, dict):
        raise ThemeError(f"{source}: {section}: write a section [{section}], not {value!r}")
    return value
