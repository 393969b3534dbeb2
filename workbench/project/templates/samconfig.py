"""`samconfig.toml` beside a template: what `sam deploy` would be told on its command line."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from workbench.project.records import Problem

NAME = "samconfig.toml"


@dataclass(frozen=True, slots=True)
class SamConfig:
    """The parts of the default environment that change what a template means."""

    stack_name: str | None = None
    parameter_overrides: dict[str, str] = field(default_factory=dict)


def read(folder: Path) -> tuple[SamConfig, list[Problem]]:
    """`samconfig.toml` in `folder`; an empty SamConfig when there is none or it is broken.

    The `global` table counts first and `deploy` over it, as in the SAM CLI.
    """
    path = folder / NAME
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return SamConfig(), []
    except (OSError, UnicodeDecodeError) as error:
        return SamConfig(), [Problem(path, f"Cannot read this file: {error}.")]
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        reason = str(error).split(" (at ")[0]
        # Without a place it says "at end of document".
        line = int(place[1]) if place else path.read_text(encoding="utf-8").count("\n") + 1
        column = int(place[2]) if place else None
        return SamConfig(), [Problem(path, f"This is not valid TOML: {reason}.", line, column)]
    stack_name: str | None = None
    overrides: dict[str, str] = {}
    for command in ("global", "deploy"):
        table: object = document
        for key in ("default", command, "parameters"):
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict):
            stack_name = str(table["stack_name"]) if "stack_name" in table else stack_name
            overrides |= _overrides(table.get("parameter_overrides", ""))
    return SamConfig(stack_name, overrides), []


def _overrides(given: object) -> dict[str, str]:
    """`A=1 B="two words"`, the same as a list, or ParameterKey=A,ParameterValue=1 pairs."""
    if isinstance(given, dict):
        return {str(key): str(value) for key, value in given.items()}
    try:
        words = list(map(str, given)) if isinstance(given, list) else shlex.split(str(given))
    except ValueError:  # an open quote
        words = str(given).split()
    overrides: dict[str, str] = {}
    for word in words:
        long = re.fullmatch(r"ParameterKey=([^,]+),ParameterValue=(.*)", word, re.DOTALL)
        name, _, value = (long[1], "=", long[2]) if long else word.partition("=")
        if name:
            overrides[name] = value.strip('"')
    return overrides
