"""Names of keys as people write them, and hints that name the keys in force."""

from __future__ import annotations

import re
from collections.abc import Mapping

from textual.binding import Binding
from textual.dom import DOMNode

_ID = re.compile(r"<([a-z-]+\.[A-Za-z0-9_-]+)>")
NO_KEY = "no_key"
"""What no terminal sends: Textual takes an empty list of keys for none given."""

_SHOWN = {
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "escape": "esc",
    "ctrl+@": "ctrl+space",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def shown(key: str) -> str:
    """A Textual key name as people write it: `question_mark` → `?`."""
    modifiers, _, last = key.rpartition("+")
    if key in _SHOWN or not modifiers:
        return _SHOWN.get(key, key)
    return f"{modifiers}+{_SHOWN.get(last, last)}"


def hint(node: DOMNode, *parts: str) -> str:
    """What can be done in a node, for its border. In a part `<id>` is the key of a binding of the
    node's own class, as the user has it; a part whose key was taken away is left out."""
    keymap: Mapping[str, str] = getattr(node.app, "keymap_in_force", {})
    names = {
        binding.id: keymap.get(binding.id, binding.key).split(",")[0]
        for kind in reversed(type(node).__mro__)
        for binding in kind.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding) and binding.id
    }
    taken = [name for name, key in names.items() if key == NO_KEY]
    there = [part for part in parts if not any(f"<{name}>" in part for name in taken)]
    return _ID.sub(lambda found: shown(names[found[1]]), " · ".join(there))
