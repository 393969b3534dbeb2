"""The user's keys: checks the config's `[keys]` and makes the key table that is in force.

Textual exchanges the keys of all bindings by their ids (`App.set_keymap`); footers, help and
palette are made from the table.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from workbench.project.user_config import ConfigProblem, UserConfig
from workbench.ui import screens
from workbench.ui.keys import KEYS, OWN_SCREENS, Key
from workbench.ui.widgets.key_names import NO_KEY, shown

_MODIFIER = re.compile(r"(?:(?:ctrl|alt|shift|super|meta|hyper)\+)+")
_SHORT_NAMES = {"esc": "escape", "pgup": "pageup", "pgdn": "pagedown", "del": "delete",
                "return": "enter"}  # fmt: skip
_NAMES = {key.value for key in Keys} | {f"f{number}" for number in range(1, 25)} | {"space"}
_SENT_FOR_OTHERS = {"ctrl+m": "Enter", "ctrl+i": "Tab", "ctrl+h": "Backspace"}
_ALLOWED = (
    "a letter, a sign, f1 … f24, enter, space, up … or one of these behind ctrl+, alt+, shift+"
)


@dataclass(frozen=True, slots=True)
class KeyTable:
    """The keys in force: the table, Textual's keymap of the ids that differ, what was wrong."""

    keys: tuple[Key, ...] = KEYS
    keymap: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[ConfigProblem, ...] = ()


class BadKey(ValueError):
    """A key that no terminal sends. The message is a sentence."""


def key_name(text: str) -> str:
    """Textual's name of a key as people write it: `?` → `question_mark`. Raises BadKey."""
    found = _MODIFIER.match(text)
    modifiers, base = (found[0], text[found.end() :]) if found else ("", text)
    if len(base) > 1:
        base = base.lower()
        base = _SHORT_NAMES.get(base, base)
        known = base in _NAMES or _is_sign(base)
    else:
        known = base.isprintable() and base != ""
        base = _sign_name(base) if known and not base.isalnum() else base
    if not known:
        raise BadKey(f"there is no key “{text}”: write {_ALLOWED}")
    name = f"{modifiers}{base}"
    if name in _SENT_FOR_OTHERS:
        raise BadKey(f"terminals send {name} for {_SENT_FOR_OTHERS[name]}: choose another key")
    return name


def _sign_name(sign: str) -> str:
    if sign == " ":
        return "space"
    name = unicodedata.name(sign, "").lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _is_sign(name: str) -> bool:
    """Whether a word is Textual's name of a printable sign, such as question_mark."""
    return name in KEY_NAME_REPLACEMENTS.values() or key_to_character(name) is not None


def key_table(config: UserConfig, bindings: Mapping[str, Binding] | None = None) -> KeyTable:
    """The keys with the config's in place of the shipped ones.

    `bindings` are all that exist, by id; None: `all_bindings()`.
    """
    if not config.keys:
        return KeyTable()
    known = all_bindings() if bindings is None else bindings
    keymap: dict[str, tuple[str, ...]] = {}
    problems: list[ConfigProblem] = []
    for name, written in config.keys.items():
        place = f"keys.{name}"
        if name not in known:
            near = get_close_matches(name, known, 1, 0.5)
            hint = f"did you mean {near[0]}? " if near else ""
            problems.append(
                config.problem(
                    place, f"there is no such action: {hint}`workbench config print` lists all"
                )
            )
            continue
        try:
            keymap[name] = tuple(key_name(key) for key in written)
        except BadKey as error:
            problems.append(config.problem(place, str(error)))
    table = tuple(replace(key, keys=keymap[key.id]) if key.id in keymap else key for key in KEYS)
    problems += [
        config.problem(f"keys.{name}", sentence) for name, sentence in _conflicts(table, keymap)
    ]
    texts = {name: ",".join(keys) or NO_KEY for name, keys in keymap.items()}
    return KeyTable(table, texts, tuple(problems))


def _conflicts(table: Sequence[Key], changed: Iterable[str]) -> list[tuple[str, str]]:
    """What was given a key that another action of the same place has: (id, sentence)."""
    found = []
    for name in changed:
        mine = next((key for key in table if key.id == name), None)
        if mine is None:
            continue
        for other in table:
            shared = set(mine.keys) & set(other.keys)
            if other is mine or not shared or not _meet(mine.scope, other.scope):
                continue
            key = shown(sorted(shared)[0])
            found.append((name, f"{key} is the key of {other.id} too: give that another one"))
    return found


def _meet(one: str, other: str) -> bool:
    """Whether the keys of two places work at the same time."""
    everywhere = {one, other} & {"screen", "pane"} and not {one, other} & OWN_SCREENS
    return one == other or bool(everywhere)


def all_bindings() -> dict[str, Binding]:
    """Every binding of ours by its id, those of the key table first."""
    # Late: the screens import this one's neighbours, and most are imported when they are opened.
    for module in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."):
        importlib.import_module(module.name)
    return bindings_so_far()


def bindings_so_far() -> dict[str, Binding]:
    """Like all_bindings, without the screens that were not imported yet."""
    found = {
        key.id: Binding(",".join(key.keys), key.action, key.description, id=key.id) for key in KEYS
    }
    for node in _subclasses(DOMNode):
        if not node.__module__.startswith("workbench.ui."):
            continue
        for binding in node.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                found.setdefault(binding.id, binding)
    return found


def _subclasses(kind: type[DOMNode]) -> Iterable[type[DOMNode]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)
