"""The user's own keys and themes at the screen, also while their files are edited."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from screen_lab import at_screen
from textual.command import CommandPalette

from workbench import ui
from workbench.project.user_config import parse
from workbench.ui.keys import key_of, with_keys
from workbench.ui.remap import BadKey, all_bindings, key_name, key_table
from workbench.ui.widgets.dialogs import Choose

FILE = Path("config.toml")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("?", "question_mark"), ("/", "slash"), ("W", "W"), ("F9", "f9"), ("esc", "escape"),
        ("ctrl+x", "ctrl+x"), ("alt+Enter", "alt+enter"), ("<", "less_than_sign"), (" ", "space"),
        ("less_than_sign", "less_than_sign"), ("equals_sign", "equals_sign"),
    ],
)  # fmt: skip
def test_keys_as_people_write_them(written: str, name: str) -> None:
    assert key_name(written) == name


@pytest.mark.parametrize("written", ["ctrl+i", "ctrl+m", "ctrl+h", "hello", "ctrl+", "", "f99"])
def test_keys_that_no_terminal_sends(written: str) -> None:
    with pytest.raises(BadKey):
        key_name(written)


def test_what_is_wrong_names_line_key_and_what_is_allowed() -> None:
    config = parse(
        '[keys]\n"screen.zom" = "f9"\n"screen.zoom" = "ctrl+i"\n"logs.wrap" = "f5"\n', FILE
    )
    told = [str(problem) for problem in key_table(config).problems]
    assert told[0].startswith("config.toml:2: keys.screen.zom: there is no such action: did you")
    assert "terminals send ctrl+i for Tab" in told[1]
    assert "config.toml:4: keys.logs.wrap: f5 is the key of screen.watch too" in told[2]


def test_an_action_may_lose_its_key_and_two_may_change_theirs() -> None:
    config = parse('[keys]\n"screen.watch" = "f6"\n"screen.invocation_type" = "f5"\n', FILE)
    assert not key_table(config).problems
    table = key_table(parse('[keys]\n"screen.watch" = []\n"screen.zoom" = "f20"\n', FILE))
    assert next(key for key in table.keys if key.id == "screen.watch").keys == ()
    app = SimpleNamespace(keys_in_force=table.keys)
    told = [key_of(app, f"screen.{action}") for action in ("zoom", "help", "watch")]
    assert told == ["f20", "f1", "“watch” in the command palette"]
    app = SimpleNamespace(keymap_in_force={"confirm.yes": "j,z"})
    words = "<confirm.yes> or <confirm.no>, <screen.help>; not <list.of.str> or <no.such>"
    assert with_keys(app, words) == "j or n, f1; not <list.of.str> or <no.such>"


def test_sentences_name_keys_that_there_are() -> None:
    named = set()
    for file in Path(ui.__file__).parent.rglob("*.py"):
        named |= set(re.findall(r"<([a-z-]+\.[A-Za-z0-9_-]+)>", file.read_text()))
        module = file.relative_to(Path(ui.__file__).parents[2]).with_suffix("")
        importlib.import_module(".".join(module.parts))
    assert len(named) > 20
    assert named <= set(all_bindings())


async def test_own_keys_and_themes(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "lambda-workbench" / "config.toml"
    theme = file.parent / "themes" / "mine.toml"
    theme.parent.mkdir(parents=True)
    colours = '[colors]\nprimary = "{}"\nforeground = "#fff"\nbackground = "#000"\n'
    theme.write_text(colours.format("#ff0000"))
    file.write_text(
        'theme = "mine"\ncolour = 1\n[keys]\n"screen.zoom" = "f20"\n'
        '"screen.invoke" = "f19"\n"screen.command_palette" = "f18"\n'
    )
    async with at_screen(shop) as hands:
        await hands.reads("1 problem")
        assert "colour: there is no such" in hands.screen.session.settings_problems[0].message
        assert hands.app.theme == "mine"
        await hands.reads("f19 invoke")
        await hands.press("ctrl+p", "f20")
        assert hands.screen.area.zoomed
        await hands.press("f10")
        assert hands.screen.area.zoomed
        theme.write_text(colours.format("#00ff00"))
        await hands.sees(
            lambda: hands.app.theme_variables["primary"] == "#00FF00", "the edited theme"
        )
        theme.write_text(colours.format("green-ish"))
        await hands.sees(lambda: len(hands.screen.session.settings_problems) == 2, "its fault")
        assert hands.app.theme_variables["primary"] == "#00FF00"
        await hands.press("f20", "f8")
        await hands.reads("colors.primary")
        await hands.press("escape", "f18")
        await hands.opens(CommandPalette, "the palette")
        await hands.press("escape")
        file.write_text('theme = "workbench-light"\n[keys]\n"functions.filter" = "F"\n'
                        '"choose.cancel" = "f17"\n')  # fmt: skip
        await hands.sees(lambda: hands.app.theme == "workbench-light", "the other theme")
        await hands.sees(lambda: "F filter" in hands.text(), "the key in the footer")
        assert hands.screen.session.memory.theme is None
        await hands.press("1", "F")
        await hands.sees(lambda: hands.screen.functions.rows.has_class("-filtering"), "filter")
        await hands.press("escape", "ctrl+p")
        await hands.type("choose the col")
        await hands.reads("Choose the colours")
        await hands.press("enter")
        await hands.opens(Choose, "the themes")
        await hands.reads("enter choose · f17 cancel")
        await hands.type("ember")
        await hands.press("enter")
        await hands.sees(lambda: hands.app.theme == "ember", "the chosen theme")
        assert hands.screen.session.memory.theme == "ember"


def test_keys_of_screens_not_opened_yet_are_known() -> None:
    code = """
from workbench.ui.keys import with_keys
from workbench.ui.remap import all_bindings
assert with_keys(None, "<canary.shift-now> goes on") == "n goes on"
assert {"canary.pause", "weight.cancel", "trace.ask"} <= set(all_bindings())
"""
    subprocess.run([sys.executable, "-c", code], check=True)
