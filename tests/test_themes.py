"""The theme files and their loader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.themes import ThemeError, load_theme, load_themes, parse_theme

FOLDER = Path(__file__).parents[1] / "themes"
LEAST = '[colors]\nprimary="#123456"\nforeground="#fff"\nbackground="#000"\n'


def test_the_shipped_themes_load() -> None:
    themes = {theme.name: theme for theme in load_themes(FOLDER)}
    assert len(themes) == 10
    assert {"workbench-dark", "workbench-light", "high-contrast", "ansi"} <= set(themes)
    assert themes["workbench-dark"].dark and not themes["workbench-light"].dark
    for theme in themes.values():
        assert {"json-key", "log-error", "diff-added", "search-match"} <= set(theme.variables)


def test_the_least_theme() -> None:
    theme = parse_theme(LEAST, name="mine", source="mine.toml")
    assert (theme.name, theme.dark, theme.colors["primary"]) == ("mine", True, "#123456")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", "unknown key x"),
        ("dark = 1\n" + LEAST, "dark: write true or false"),
        (LEAST + '[json]\nkey = "blu"', "json.key: 'blu' is no colour: write #rrggbb"),
        (LEAST + '[json]\nkeys = "#fff"', "unknown key json.keys: use one of key,"),
        ('[colors]\nprimary = "#fff"', "colors.foreground is missing"),
        ("json = 1\n" + LEAST, "json: write a section [json]"),
        ("= 1", "not a TOML file"),
        (LEAST + "[variables]\nborder = 1", "variables.border: write a colour"),
        (LEAST + '[variables]\nborder = "blub"', "variables.border: write a colour"),
        ("ansi = true\n" + LEAST, "none of the terminal's colours: write default, or blue"),
    ],
)
def test_an_error_names_file_and_key(text: str, words: str) -> None:
    with pytest.raises(ThemeError) as caught:
        parse_theme(text, name="mine", source="themes/mine.toml")
    assert str(caught.value).startswith("themes/mine.toml: ")
    assert words in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match="cannot be read"):
        load_theme(tmp_path / "no.toml")


def test_the_loader_does_not_import_textual() -> None:
    code = "import sys, workbench.themes; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent).returncode == 0
