"""`workbench config`: the user's own settings: where they are, what they say, what is wrong."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.ui.settings import Settings

_ACTIONS = {
    "print": "all settings as a config file: yours, and behind # what holds without them",
    "check": "whether something is wrong in the config file or in your themes",
    "path": "where the config file is; the themes are in the folder themes/ beside it",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Your own keys, theme and production targets."
    parser.add_argument(
        "action",
        choices=_ACTIONS,
        metavar="ACTION",
        help="; ".join(f"{name}: {what}" for name, what in _ACTIONS.items()),
    )
    parser.epilog = (
        "examples:\n"
        "  workbench config print\n"
        "  $EDITOR $(workbench config path)\n"
        "  workbench config check"
    )


def run(arguments: argparse.Namespace) -> int:
    """Do it. The exit status of `check` is 1 when something is wrong."""
    if arguments.action == "path":
        from workbench.project.user_config import config_path

        print(config_path())
        return 0
    # Late: the screen's bindings need Textual, 300 ms.
    from workbench.ui.settings import read_settings

    settings = read_settings()
    if arguments.action == "print":
        print("\n".join(_lines(settings)))
        return 0
    return _check(settings)


def _check(settings: Settings) -> int:
    for problem in settings.problems:
        place = f"{problem.file}:{problem.line}" if problem.line else f"{problem.file}"
        print(f"✗ {place}: {problem.message}", file=sys.stderr)
    if not settings.problems:
        found = "" if settings.config.exists else " (there is none yet)"
        print(f"✓ {settings.config.path}: nothing is wrong{found}.")
    return 1 if settings.problems else 0


def _lines(settings: Settings) -> list[str]:
    from workbench.project.user_config import PRODUCTION_KEYS
    from workbench.ui.keys import KEYS, SCOPES, with_keys
    from workbench.ui.remap import all_bindings

    config = settings.config
    lines = [
        f"# {config.path}" + ("" if config.exists else " (does not exist yet)"),
        "",
        f"# One of {', '.join(sorted(settings.themes))}",
        _setting("theme", settings.theme, own=config.theme is not None),
        "",
        "[keys]",
    ]
    bindings = all_bindings()
    described = {key.id: with_keys(None, key.description) for key in KEYS}
    heading = ""
    for name, binding in bindings.items():
        scope = name.partition(".")[0]
        title = SCOPES.get(scope, "") if name in described else "In the parts of panes"
        if title != heading:
            heading = title
            lines += ["", f"# {heading}"]
        own = config.keys.get(name)
        keys = [key for key in binding.key.split(",") if key] if own is None else list(own)
        text = _setting(f'"{name}"', keys[0] if len(keys) == 1 else keys, own=own is not None)
        lines.append(f"{text}  # {described.get(name) or binding.description}")
    for target in config.production:
        patterns = {key: getattr(target, key) for key in PRODUCTION_KEYS}
        given = [_setting(key, value, own=True) for key, value in patterns.items() if value]
        lines += ["", "[[production]]", *given]
    brokers = [_setting(f'"{arn}"', url, own=True) for arn, url in config.brokers.items()]
    lines += ["", "[brokers]", *brokers] if brokers else _NO_BROKERS
    if not config.production:
        lines += [
            "",
            "# AWS targets to be careful with: patterns as in file names, all given must match.",
            "# [[production]]",
            '# profile = "prod*"',
            '# account = "123456789012"',
            '# region = "eu-*"',
            '# function = "orders-*"',
        ]
    return lines


_NO_BROKERS = [
    "",
    "# Where RabbitMQ brokers of Amazon MQ are, for event source mappings of the local Lambda.",
    "# [brokers]",
    '# "arn:aws:mq:us-east-1:123456789012:broker:orders:b-1" = "amqp://127.0.0.1:5672"',
]


def _setting(name: str, value: object, *, own: bool) -> str:
    return f"{'' if own else '# '}{name} = {json.dumps(value, ensure_ascii=False)}"
