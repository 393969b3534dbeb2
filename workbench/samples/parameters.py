"""The parameters of a sample event, and the checks on what a person fills in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

ParameterType = Literal["text", "json", "number", "choice"]


class BadParameter(ValueError):
    """A parameter was given a value it cannot have. `parameter` and `reason` say which and why."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")
        self.parameter = parameter
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value a person can choose. `default` is text in every type, ready for a form field."""

    name: str
    description: str
    default: str = ""
    type: ParameterType = "text"
    choices: tuple[str, ...] = ()

    @property
    def may_be_empty(self) -> bool:
        """Whether it may be left empty; the description of one with a default says so then."""
        return not self.default or "empty for none" in self.description

    def check(self, value: str) -> str:
        """Return the value if the parameter can have it. Raises BadParameter."""
        if self.type == "choice" and value not in self.choices:
            raise BadParameter(self.name, f"{value!r} is not one of {', '.join(self.choices)}")
        if self.type in ("json", "number"):
            parsed = parse_json(self.name, value)
            if self.type == "number" and (
                isinstance(parsed, bool) or not isinstance(parsed, int | float)
            ):
                raise BadParameter(self.name, f"{value!r} is not a number")
        return value


def parse_json(parameter: str, text: str) -> Any:
    """Return the value of a JSON text. Raises BadParameter with the line and column."""
    try:
        return json.loads(text, parse_constant=_not_json)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadParameter(parameter, f"not JSON: {error.msg} ({place})") from None
    except _NotJson as error:
        raise BadParameter(parameter, f"not JSON: {error} is no JSON number") from None


class _NotJson(Exception):
    pass


def _not_json(constant: str) -> None:
    raise _NotJson(constant)


def read_parameter(data: Mapping[str, Any]) -> Parameter:
    """Return the parameter described in a sample file. Raises ValueError for a bad description.

    A default may be written as the JSON value it stands for, and is text from here on.
    """
    kind = data.get("Type", "text")
    if kind not in get_args(ParameterType):
        raise ValueError(f"parameter {data['Name']}: unknown Type {kind!r}")
    default = data.get("Default", "")
    if not isinstance(default, str):
        default = json.dumps(default, ensure_ascii=False)
    return Parameter(
        name=data["Name"],
        description=data["Description"],
        default=default,
        type=cast("ParameterType", kind),
        choices=tuple(data.get("Choices", ())),
    )
