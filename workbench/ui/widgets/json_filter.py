"""What a JMESPath expression finds in a JSON text."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LARGE_ABOVE = 200_000
"""Characters above which a text is searched by a process of its own, which holds no key up."""

_FAULT = 3

# The child finds this package where this process has it, whatever its own folder is.
_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from workbench.ui.widgets.json_filter import main; sys.exit(main(sys.argv[2]))"
)


@dataclass(frozen=True, slots=True)
class Filtered:
    """``text`` is the JSON that was found; where ``fault`` says something, there is none."""

    text: str = ""
    fault: str = ""
    words: str = ""
    """How much was found: "12 elements", "nothing (null)" …"""


def fault_of(expression: str) -> str:
    """What is wrong with an expression, in words; "" when nothing is."""
    import jmespath  # Late: 15 ms.

    try:
        jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        return _sentence(error)
    return ""


def filtered(text: str, expression: str) -> Filtered:
    """Search a JSON text. Blocks: for large texts call it from a thread."""
    if len(text) <= _LARGE_ABOVE:
        return _filtered(text, expression)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CODE, str(Path(__file__).parents[3]), expression],
            input=text.encode("utf-8", "surrogatepass"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:  # no process can be started: slower, but the same
        return _filtered(text, expression)
    if done.returncode not in (0, _FAULT):
        return _filtered(text, expression)
    words, _, found = done.stdout.decode("utf-8", "surrogatepass").partition("\n")
    return Filtered(fault=words) if done.returncode else Filtered(found, words=words)


def is_large(text: str) -> bool:
    """Whether ``filtered`` takes so long that it belongs in a thread."""
    return len(text) > _LARGE_ABOVE


def main(expression: str) -> int:
    """The child: text on standard input; what was found, or the fault, on standard output."""
    found = _filtered(sys.stdin.buffer.read().decode("utf-8", "surrogatepass"), expression)
    answer = found.fault or f"{found.words}\n{found.text}"
    sys.stdout.buffer.write(answer.encode("utf-8", "surrogatepass"))
    return _FAULT if found.fault else 0


def _filtered(text: str, expression: str) -> Filtered:
    import jmespath

    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Filtered(fault="this is no JSON")
    try:
        found = jmespath.search(expression, document)
    except jmespath.exceptions.JMESPathError as error:
        return Filtered(fault=_sentence(error))
    except RecursionError:
        return Filtered(fault="this is nested too deeply")
    return Filtered(json.dumps(found, ensure_ascii=False), words=_words(found))


def _words(found: Any) -> str:
    if found is None:
        return "nothing (null)"
    if isinstance(found, list):
        return f"{len(found):,} element{'' if len(found) == 1 else 's'}"
    if isinstance(found, dict):
        return f"{len(found):,} member{'' if len(found) == 1 else 's'}"
    return "1 value"


def _sentence(error: Exception) -> str:
    """The exception's own first line, without the expression and the pointer below it."""
    import jmespath

    if isinstance(error, jmespath.exceptions.IncompleteExpressionError):
        return "goes on …"
    if isinstance(error, jmespath.exceptions.EmptyExpressionError):
        return "write an expression"
    if isinstance(error, jmespath.exceptions.LexerError):
        return f"column {error.lexer_position + 1}: {error.message}"
    if isinstance(error, jmespath.exceptions.ParseError):
        return f"column {error.lex_position + 1}: {error.token_value!r} does not belong there"
    return str(error).partition("\n")[0]
