"""Constraints of the service model, worded as AWS words their violation (lambda-facts §4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.local.api.protocols import overrides
from workbench.local.api.protocols.model import Shape
from workbench.local.errors import ApiError, validation


def validate(shape: Shape | None, values: dict[str, Any]) -> None:
    """Raise ValidationException with every violation in `values`, in the model's order."""
    if shape is not None:
        violations = list(_structure(shape, values, ""))
        if violations:
            raise validation_error(violations)


def validation_error(violations: list[str]) -> ApiError:
    """`1 validation error detected: …; …`."""
    return validation(detected(violations))


def detected(violations: list[str]) -> str:
    """The text that counts and lists violations."""
    many = "" if len(violations) == 1 else "s"
    return f"{len(violations)} validation error{many} detected: " + "; ".join(violations)


def violation(value: Any, path: str, constraint: str) -> str:
    """One violation; `value` is printed as Java would."""
    shown = "null" if value is None else f"'{printed(value)}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def printed(value: Any) -> str:
    """A value as Java's toString prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(printed, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={printed(item)}" for key, item in value.items()) + "}"
    return "null" if value is None else str(value)


def _structure(shape: Shape, values: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        value = values.get(name)
        place = path + name[:1].lower() + name[1:]
        if value is None:
            if name in shape.required:
                yield violation(None, place, "Member must not be null")
        else:
            yield from _value(member.shape, value, place)


def _value(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type
    if kind == "structure":
        yield from _structure(shape, value, path + ".")
        return
    broken = [constraint for constraint, holds in _constraints(shape, value) if not holds]
    if shape.name in overrides.ONE_VIOLATION:
        broken = broken[-1:]
    elif shape.name == overrides.NEW_NAME:
        bare = ":" not in value and shape.matches(value)
        broken = [] if bare and value else broken[::-1]
    for constraint in broken:
        yield violation(value, path, constraint)
    if kind == "list":
        yield from _items(shape, value, path)
    elif kind == "map":
        yield from _entries(shape, value, path)


def _items(shape: Shape, value: list[Any], path: str) -> Iterator[str]:
    assert shape.item is not None
    if shape.item.type in ("structure", "list", "map"):
        for number, item in enumerate(value, 1):
            if item is not None:
                yield from _value(shape.item, item, f"{path}.{number}.member")
    elif not all(item is not None and _holds(shape.item, item) for item in value):
        form = overrides.ITEMS.get(shape.name, overrides.ITEM)
        yield violation(value, path, form.format(", ".join(_texts(shape.item))))


def _entries(shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
    assert shape.item is not None and shape.key is not None
    if not all(_holds(shape.key, key) for key in value):
        texts = ", ".join(_texts(shape.key))
        yield violation(value, path, f"Map keys must satisfy constraint: [{texts}]")
    if shape.item.type in ("structure", "list", "map"):
        for key, item in value.items():
            if item is not None:
                yield from _value(shape.item, item, f"{path}.{key}.member")
    elif not all(item is not None and _holds(shape.item, item) for item in value.values()):
        texts = ", ".join([*_texts(shape.item), "Member must not be null"])
        yield violation(value, path, f"Map value must satisfy constraint: [{texts}]")


def _holds(shape: Shape, value: Any) -> bool:
    return all(holds for _, holds in _constraints(shape, value))


def _texts(shape: Shape) -> list[str]:
    sample: Any = 0 if shape.type in _NUMBERS else ""
    return [constraint for constraint, _ in _constraints(shape, sample)]


_NUMBERS = ("integer", "long", "double", "float")


def _constraints(shape: Shape, value: Any) -> Iterator[tuple[str, bool]]:
    """Each constraint of `shape` in the order AWS lists them, and whether `value` keeps it."""
    if shape.type in _NUMBERS:
        kind, measure = "value", value
        form = _decimal if shape.type in ("double", "float") else _whole
    elif shape.type in ("string", "list", "map"):
        kind, measure, form = "length", len(value), _whole
    else:
        return
    if shape.maximum is not None:
        yield (
            f"Member must have {kind} less than or equal to {form(shape.maximum)}",
            measure <= shape.maximum,
        )
    if shape.minimum is not None:
        yield (
            f"Member must have {kind} greater than or equal to {form(shape.minimum)}",
            measure >= shape.minimum,
        )
    if shape.pattern is not None:
        yield (
            f"Member must satisfy regular expression pattern: {shape.pattern}",
            shape.matches(value),
        )
    if shape.enum:
        yield (
            f"Member must satisfy enum value set: [{', '.join(shape.enum)}]",
            value in shape.enum or value in shape.unlisted,
        )


def _whole(number: float) -> str:
    return str(int(number))


def _decimal(number: float) -> str:
    return str(float(number))
