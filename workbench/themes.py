"""Theme files: one TOML format for the colours of the screen.

A theme is a file ``<name>.toml``::

    dark = true                     # is the background dark?
    ansi = false                    # are the colours the terminal's own?

    [colors]                        # the frame of the screen
    primary = "#7aa2f7"             # required; so are background and foreground
    # optional: secondary accent success warning error surface panel

    [json]                          # key string number literal punctuation
    [log]                           # time label platform debug warning error
    [diff]                          # added removed
    [search]                        # match (background of a found text)

    [variables]                     # any further CSS variable of Textual's: a colour, with or
    border = "#3b4261"              # without a share ("#7aa2f7 40%"), or a text style ("bold")

Colours are ``#rgb`` or ``#rrggbb``. With ``ansi = true`` they are the terminal's: ``default``, or
``black red green yellow blue magenta cyan white``, also behind ``bright-`` (``bright-red``).
What is left out is derived from ``[colors]``. This module is pure (the command line uses it);
``workbench.ui.widgets.palette`` turns a theme into Textual's.
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
_ANSI_COLOR = re.compile(
    r"default|(?:bright-)?(?:black|red|green|yellow|blue|magenta|cyan|white)\Z"
)
_VARIABLE = re.compile(
    r"(?:#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})|ansi_[a-z_]+|auto|transparent)"
    r"(?: \d{1,3}%)?|(?:none|(?:not )?(?:bold|italic|underline|reverse|strike|dim)(?: |\Z))+\Z"
)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")


class ThemeError(ValueError):
    """A theme file is wrong; the text names file and key and says what to write."""


@dataclass(frozen=True)
class ThemeFile:
    """One theme as read: ``colors`` by Textual's names, ``variables`` such as ``json-key``.

    Colours of an ``ansi`` theme are Textual's names of the terminal's: ``ansi_bright_red``.
    """

    name: str
    dark: bool
    colors: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    ansi: bool = False


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
    known = ("dark", "ansi", *SECTIONS, "variables")
    for key in data:
        if key not in known:
            raise ThemeError(f"{source}: unknown key {key}: use one of {', '.join(known)}")
    dark, ansi = _flag(data, "dark", True, source), _flag(data, "ansi", False, source)
    colors = _colors(data, "colors", source, ansi)
    for key in REQUIRED_COLORS:
        if key not in colors:
            raise ThemeError(f'{source}: colors.{key} is missing: write {key} = "{_write(ansi)}"')
    variables = {
        f"{section}-{key}": value
        for section in SECTIONS
        if section != "colors"
        for key, value in _colors(data, section, source, ansi).items()
    }
    for key, value in _section(data, "variables", source).items():
        if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
            raise ThemeError(
                f'{source}: variables.{key}: write a colour such as "#rrggbb", "#7aa2f7 40%" or '
                f'a style such as "bold", not {value!r}'
            )
        variables[key] = value
    return ThemeFile(name, dark, colors, variables, ansi)


def _flag(data: dict[str, object], key: str, default: bool, source: str) -> bool:
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise ThemeError(f"{source}: {key}: write true or false, not {value!r}")
    return value


def _write(ansi: bool) -> str:
    return "default, or blue, bright-red …" if ansi else "#rrggbb"


def _colors(data: dict[str, object], section: str, source: str, ansi: bool) -> dict[str, str]:
    colors = {}
    for key, value in _section(data, section, source).items():
        allowed = SECTIONS[section]
        if key not in allowed:
            raise ThemeError(
                f"{source}: unknown key {section}.{key}: use one of {', '.join(allowed)}"
            )
        if not isinstance(value, str) or not (_ANSI_COLOR if ansi else _COLOR).match(value):
            kind = "none of the terminal's colours" if ansi else "no colour"
            raise ThemeError(
                f"{source}: {section}.{key}: {value!r} is {kind}: write {_write(ansi)}"
            )
        colors[key] = f"ansi_{value.replace('-', '_')}" if ansi else value
    return colors


def _section(data: dict[str, object], section: str, source: str) -> dict[str, object]:
    value = data.get(section, {})
    if not isinstance(value, dict):
        raise ThemeError(f"{source}: {section}: write a section [{section}], not {value!r}")
    return value
