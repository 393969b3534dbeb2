"""The user's own settings: `~/.config/lambda-workbench/config.toml`.

    theme = "workbench-dark"        # any theme that ships, or <name>.toml in themes/ beside this

    [keys]                          # other keys for actions, by the ids that `workbench config`
    "screen.invoke" = "f9"          # prints; a list gives several, [] takes the key away
    "logs.wrap" = ["w", "z"]

    [[production]]                  # AWS targets to be careful with: all that is given must match
    profile = "prod*"               # *, ? and [abc] as in file names; any of
    account = "123456789012"        # profile, account, region, function
    region = "eu-*"
    function = "orders-*"

    [brokers]                       # where RabbitMQ brokers of Amazon MQ are, for mappings of the
    "arn:aws:mq:us-east-1:123456789012:broker:orders:b-1" = "amqp://127.0.0.1:5672"  # local Lambda

A file with mistakes is still read: what can be understood counts, the rest is in `problems`, each
with its line. Only a broken `production` is not passed over: then every AWS target is production.
This module knows no key and no theme by name; whoever uses them checks those.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from workbench.project.brokers import parse_broker

FOLDER = "lambda-workbench"
FILE = "config.toml"

SETTINGS = ("theme", "keys", "production", "brokers")
"""The keys a config file may have at its top."""

PRODUCTION_KEYS = ("profile", "account", "region", "function")
"""What a `[[production]]` section may say."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """A mistake in a config file. `line` counts from 1; 0 is the file as a whole."""

    path: Path
    line: int
    key: str
    sentence: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.key}: {self.sentence}" if self.key else f"{place}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class ProductionTarget:
    """A `[[production]]` section: patterns as in file names; None matches all."""

    profile: str | None = None
    account: str | None = None
    region: str | None = None
    function: str | None = None

    def matches(
        self, *, profile: str | None, account: str | None, region: str | None, function: str | None
    ) -> bool:
        """Whether all patterns match. What is not known (None) matches: better ask too often."""
        given = (
            (self.profile, profile),
            (self.account, account),
            (self.region, region),
            (self.function, function),
        )
        return all(
            pattern is None or value is None or fnmatchcase(value, pattern)
            for pattern, value in given
        )

    def __str__(self) -> str:
        said = ((key, getattr(self, key)) for key in PRODUCTION_KEYS)
        return " ".join(f"{key}={value}" for key, value in said if value is not None)


@dataclass(frozen=True, slots=True)
class UserConfig:
    """What the file says. `keys` are the keys of binding ids, as written; `brokers` the addresses
    of message brokers by their ARNs."""

    path: Path
    theme: str | None = None
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    production: tuple[ProductionTarget, ...] = ()
    brokers: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[ConfigProblem, ...] = ()
    production_is_unclear: bool = False
    """Whether a mistake hides which targets are production: then all on AWS are."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The lines of settings, by their dotted names: `theme`, `keys.screen.invoke`."""

    @property
    def exists(self) -> bool:
        """Whether there is such a file."""
        return self.path.exists()

    @property
    def themes(self) -> Path:
        """The folder of the user's own themes."""
        return self.path.parent / "themes"

    def is_production(
        self,
        *,
        profile: str | None,
        account: str | None,
        region: str | None,
        function: str | None = None,
    ) -> bool:
        """Whether an AWS target is marked production. None is what is not known."""
        return self.production_is_unclear or any(
            target.matches(profile=profile, account=account, region=region, function=function)
            for target in self.production
        )

    def problem(self, key: str, sentence: str) -> ConfigProblem:
        """A problem with one setting, at its line."""
        return ConfigProblem(self.path, self.lines.get(key, 0), key, sentence)


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the file is: below $XDG_CONFIG_HOME, or ~/.config. It need not exist."""
    base = environment.get("XDG_CONFIG_HOME", "")
    # The XDG specification: a relative path is to be ignored.
    folder = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    return folder / FOLDER / FILE


def load(path: Path | None = None) -> UserConfig:
    """Read the file at `path` (default: `config_path()`). Never raises: see `problems`."""
    path = config_path() if path is None else path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return UserConfig(path)
    except OSError as error:
        return _unreadable(path, 0, f"it cannot be read: {error.strerror or error}")
    except UnicodeDecodeError:
        return _unreadable(path, 0, "it is not UTF-8 text")
    return parse(text, path)


def parse(text: str, path: Path) -> UserConfig:
    """What a config file's text says; `path` is for messages. Never raises: see `problems`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        reason = str(error).partition(" (at ")[0]
        return _unreadable(path, line, f"this is not TOML: {reason[:1].lower()}{reason[1:]}")
    reader = _Reader(path, setting_lines(text))
    for key in data:
        if key not in SETTINGS:
            reader.wrong(key, f"there is no such setting: use one of {', '.join(SETTINGS)}")
    theme = reader.theme(data.get("theme"))
    keys = reader.keys(data.get("keys", {}))
    before = len(reader.problems)
    production = reader.production(data.get("production", []))
    unclear = len(reader.problems) > before
    return UserConfig(
        path,
        theme,
        keys,
        production,
        brokers=reader.brokers(data.get("brokers", {})),
        problems=tuple(reader.problems),
        production_is_unclear=unclear,
        lines=reader.lines,
    )


def _unreadable(path: Path, line: int, sentence: str) -> UserConfig:
    problem = ConfigProblem(path, line, "", sentence)
    return UserConfig(path, problems=(problem,), production_is_unclear=True)


class _Reader:
    """Takes a parsed file apart and notes what is wrong."""

    def __init__(self, path: Path, lines: Mapping[str, int]) -> None:
        self.path = path
        self.lines = lines
        self.problems: list[ConfigProblem] = []

    def wrong(self, key: str, sentence: str) -> None:
        """Note a problem at a setting's line."""
        self.problems.append(ConfigProblem(self.path, self.lines.get(key, 0), key, sentence))

    def theme(self, value: object) -> str | None:
        """The name of a theme."""
        if value is None or isinstance(value, str):
            return value
        self.wrong("theme", f"write the name of a theme in quotes, not {_toml(value)}")
        return None

    def keys(self, value: object) -> dict[str, tuple[str, ...]]:
        """The keys by binding id, also where dots of an id were not quoted."""
        if not isinstance(value, dict):
            self.wrong("keys", "write a section [keys]")
            return {}
        found = {}
        for name, keys in _flat(value):
            if isinstance(keys, str):
                found[name] = tuple(key.strip() for key in keys.split(",") if key.strip())
            elif isinstance(keys, list) and all(isinstance(key, str) for key in keys):
                found[name] = tuple(key.strip() for key in keys)
            else:
                self.wrong(f"keys.{name}", f'write a key such as "f9" or a list, not {_toml(keys)}')
        return found

    def brokers(self, value: object) -> dict[str, str]:
        """The addresses by ARN."""
        if not isinstance(value, dict):
            self.wrong("brokers", "write a section [brokers]")
            return {}
        found: dict[str, str] = {}
        for arn, url in value.items():
            try:
                found.update([parse_broker(f"{arn}={url}")])
            except ValueError as error:
                self.wrong(f"brokers.{arn}", str(error))
        return found

    def production(self, value: object) -> tuple[ProductionTarget, ...]:
        """The sections that mark targets as production."""
        if not isinstance(value, list):
            self.wrong("production", "write a section [[production]], with two brackets")
            return ()
        return tuple(
            target
            for number, section in enumerate(value)
            if (target := self._target(section, number)) is not None
        )

    def _target(self, section: object, number: int) -> ProductionTarget | None:
        place = f"production.{number}"
        allowed = ", ".join(PRODUCTION_KEYS)
        if not isinstance(section, dict):
            self.wrong("production", f"write sections [[production]] with any of {allowed}")
            return None
        patterns: dict[str, str] = {}
        for key, pattern in section.items():
            if key not in PRODUCTION_KEYS:
                self.wrong(f"{place}.{key}", f"there is no such setting: use any of {allowed}")
            elif not isinstance(pattern, str) or not pattern:
                self.wrong(f"{place}.{key}", f'write a pattern such as "*", not {_toml(pattern)}')
            else:
                patterns[key] = pattern
        if not section:
            self.wrong(place, f"this section is empty: use any of {allowed}")
        return ProductionTarget(**patterns) if patterns else None


def _flat(table: dict[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_ASSIGNMENT = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w.-])(?:[\w.\s-]|"[^"]*"|'[^']*')*?)\s*=""")


def setting_lines(text: str) -> dict[str, int]:
    """The line (from 1) of each setting and section of a TOML text, by dotted name.

    tomllib tells no lines. Sections of a list have their number: `production.0.profile`. Texts
    over several lines are not looked into: ours have none.
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            section = _plain(header[2])
            lines.setdefault(section, number)
            if header[1] == "[[":
                index = counts[section] = counts.get(section, -1) + 1
                section = f"{section}.{index}"
                lines[section] = number
            section += "."
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault(f"{section}{_plain(assignment[1])}", number)
    return lines


def _plain(name: str) -> str:
    """A dotted name without its quotes and blanks."""
    return re.sub(r"""["'\s]""", "", name)
