"""The user's config file: what it says, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.project.user_config import ProductionTarget, config_path, load, parse

FILE = Path("config.toml")

GOOD = """\
theme = "nord-night"

[keys]
"screen.invoke" = "f9"
logs.wrap = ["w", "z"]
"pane.copy" = []

[[production]]
profile = "prod*"

[[production]]
account = "123456789012"
region = "eu-*"
function = "orders-*"

[brokers]
"arn:aws:mq:us-east-1:123456789012:broker:orders:b-1" = "amqp://127.0.0.1:5672"
"""


def test_it_is_below_the_configured_folder(tmp_path: Path) -> None:
    assert config_path({"XDG_CONFIG_HOME": "/x"}) == Path("/x/lambda-workbench/config.toml")
    assert config_path({}).parts[-3:] == (".config", "lambda-workbench", "config.toml")
    missing = load(tmp_path / "config.toml")
    assert not missing.exists
    assert not missing.problems
    assert not missing.is_production(profile="prod", account=None, region=None)


def test_what_a_file_says() -> None:
    config = parse(GOOD, FILE)
    assert not config.problems
    assert config.theme == "nord-night"
    assert config.keys == {"screen.invoke": ("f9",), "logs.wrap": ("w", "z"), "pane.copy": ()}
    assert config.production[0] == ProductionTarget(profile="prod*")
    orders = "arn:aws:mq:us-east-1:123456789012:broker:orders:b-1"
    assert config.brokers == {orders: "amqp://127.0.0.1:5672"}
    wrong = parse(f'theme = "x"\n[brokers]\n"{orders}" = "http://127.0.0.1"\n', FILE)
    assert not wrong.brokers
    assert str(wrong.problems[0]).startswith(f"{FILE}:3: brokers.{orders}: {orders}=http://")
    assert config.lines["keys.logs.wrap"] == 5


@pytest.mark.parametrize(
    ("profile", "account", "region", "function", "expected"),
    [
        ("production", "1", "us-east-1", "a", True),
        ("dev", "123456789012", "eu-west-1", "orders-new", True),
        ("dev", "123456789012", "eu-west-1", "mail", False),
        ("dev", "123456789012", "us-east-1", "orders-new", False),
        ("dev", None, "eu-west-1", "orders-new", True),  # not known: better ask
        (None, "1", "us-east-1", None, True),
    ],
)
def test_production(
    profile: str | None, account: str | None, region: str, function: str | None, expected: bool
) -> None:
    config = parse(GOOD, FILE)
    assert expected == config.is_production(
        profile=profile, account=account, region=region, function=function
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "theme = 'a'\ncolour = 1\n",
            2,
            "colour: there is no such setting: use one of theme, keys",
        ),
        ("theme = 3\n", 1, "theme: write the name of a theme in quotes, not 3"),
        ("\n[keys]\n'screen.invoke' = 9\n", 3, 'keys.screen.invoke: write a key such as "f9"'),
        ("keys = 1\n", 1, "keys: write a section [keys]"),
        ("[production]\nprofile = 'x'\n", 1, "with two brackets"),
        ("[[production]]\n[[production]]\nname = 'x'\n", 3, "any of profile, account, region"),
        ("[[production]]\naccount = 123\n", 2, 'write a pattern such as "*", not 123'),
        ("a = 1\ntheme = \n", 2, "this is not TOML: invalid value"),
        ("theme = 'a", 1, "this is not TOML"),
    ],
)
def test_a_mistake_has_its_line_and_what_is_allowed(text: str, line: int, words: str) -> None:
    problem = parse(text, FILE).problems[-1]
    assert problem.line == line
    assert words in str(problem)
    assert str(problem).startswith(f"config.toml:{line}: ")


def test_when_production_cannot_be_read_everything_is() -> None:
    for text in ("[production]\nprofile = 'x'\n", "[[production]]\nprofil = 'x'\n", "a b"):
        assert parse(text, FILE).is_production(profile="dev", account="1", region="r")
    assert not parse("theme = 3\n", FILE).is_production(profile="dev", account="1", region="r")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in str(load(file).problems[0])
    assert "cannot be read" in str(load(tmp_path).problems[0])
