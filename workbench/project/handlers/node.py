"""Handlers in a Node.js file: what it exports, told from its text by a tolerant scanner."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.project import interpreters
from workbench.project.records import FunctionSource

_LARGEST = 4 * 1024 * 1024  # a bundle may be large; data files are larger

_NAMES = "handler|lambdaHandler"

# What is not code. A slash after an operator or an opening bracket begins a regular expression.
_NOT_CODE = re.compile(
    r"""
      (?P<comment> //[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<string> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*` )
    | (?<=[=(,:\[!&|?{};\n]) [ \t]* / (?![/*]) (?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+ /
    """,
    re.VERBOSE | re.DOTALL,
)
_EXPORTS = re.compile(
    r"""
      \bexports \s* (?: \.\s*(?P<a>NAME) | \[\s*QUOTED_(?P<b>NAME)\s*\] ) \s* = (?!=)
    | ^\s* export \s+ (?:const|let|var) \s+ (?P<c>NAME) \b
    | ^\s* export \s+ (?:async\s+)? function \s*\*?\s* (?P<d>NAME) \b
    | ^\s* export \s* \{ [^}]*? (?<![\w$.]) (?P<e>NAME) \b (?!\s+as\b)
    """.replace("NAME", _NAMES),
    re.VERBOSE | re.MULTILINE,
)
_OBJECT = re.compile(r"\bmodule\s*\.\s*exports\s*=\s*\{")
_MEMBER = re.compile(rf"(?:^|,)\s*(?:async\s+)?\*?\s*(?:QUOTED_)?({_NAMES})\s*(?:[,:(]|$)")
_UPWARDS = re.compile(r"(?:require|from|import)\s*\(?\s*['\"]((?:\.\./)+)")


def read(path: Path, root: Path) -> list[tuple[str, FunctionSource]]:
    """The file's handler, if it exports one; a file that cannot be read has none."""
    try:
        if path.stat().st_size > _LARGEST:
            return []
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    name = exported(text)
    if name is None:
        return []
    code = _code_folder(path, root, text)
    return [
        (
            name,
            FunctionSource(
                name=name,
                runtime=interpreters.default_node_runtime(),
                handler=f"{path.relative_to(code).with_suffix('').as_posix()}.{name}",
                code=code,
                declared_in=path,
            ),
        )
    ]


def exported(text: str) -> str | None:
    """The handler that JavaScript `text` exports, or None."""
    if "andler" not in text or "export" not in text:
        return None
    code = _NOT_CODE.sub(_blank, text)
    match = _EXPORTS.search(code)
    if match is not None:
        return next(found for found in match.groupdict().values() if found)
    for match in _OBJECT.finditer(code):
        member = _MEMBER.search(_top_level(code, match.end()))
        if member is not None:
            return member[1]
    return None


def _blank(match: re.Match[str]) -> str:
    """Nothing in place of what is not code, the lines kept; a handler's name as a key is kept."""
    if match["string"] and match[0][1:-1] in _NAMES.split("|"):
        return f"QUOTED_{match[0][1:-1]}"
    return " " + "\n" * match[0].count("\n")


def _top_level(code: str, start: int) -> str:
    """The text of the object literal that begins at `start`, without what is nested in it."""
    depth = 0
    kept: list[str] = []
    for character in code[start:]:
        if character in ")]}":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0:
            kept.append(character)
        if character in "([{":
            depth += 1
    return "".join(kept)


def _code_folder(path: Path, root: Path, text: str) -> Path:
    """The nearest folder with a package.json (it has node_modules), else the file's own.

    Imports by `../` may need a folder further up.
    """
    above = [path.parent, *(p for p in path.parent.parents if p.is_relative_to(root))]
    folder = next((p for p in above if (p / "package.json").is_file()), path.parent)
    climbs = max((len(match[1]) // 3 for match in _UPWARDS.finditer(text)), default=0)
    needed = above[min(climbs, len(above) - 1)]
    return needed if folder.is_relative_to(needed) else folder
