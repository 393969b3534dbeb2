"""Names of keys as people write them."""

from __future__ import annotations

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
