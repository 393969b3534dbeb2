"""The encoded parts of an event: JSON inside a text, base64, gzip; decoded, changed, put back.

SNS puts JSON into the body of an SQS record, Kinesis and Kafka send base64, CloudWatch Logs gzip
in base64, API Gateway a JSON body in a text (lambda-facts §8). Parts may hold parts. What is not
changed stays as it is written, to the byte.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Step = Literal["base64", "gzip", "JSON"]

MAX_DECODED = 6 * 1024 * 1024
"""Bytes that a gzip part may become: an event holds no more (lambda-facts §10.1)."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],:]')
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]+')
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}|[A-Za-z0-9_-]+={0,2}")
_SHORT = 16
_NAMES = frozenset(("data", "body", "payload", "value", "key", "b", "message"))
_DEEPEST = 6
_MD5_OF = {"body": "md5OfBody"}


@dataclass(frozen=True, slots=True)
class Part:
    """A text that holds something encoded.

    `path` leads to it, as `$.Records[0].body`; `start` and `end` are its place in the text it is
    in, which is the event or the decoded `inside`. `steps` are what was undone, outermost first;
    `text` is what came out.
    """

    path: str
    start: int
    end: int
    steps: tuple[Step, ...]
    text: str
    inside: Part | None = None

    @property
    def is_json(self) -> bool:
        """Whether it is a JSON text."""
        return self.steps[-1] == "JSON"

    @property
    def trail(self) -> str:
        """The paths from the event to here: `$.Records[0].body ▸ $.Message`."""
        return f"{self.inside.trail} ▸ {self.path}" if self.inside else self.path


def parts(text: str) -> list[Part]:
    """The encoded parts of a JSON text, each followed by those inside it. Bad JSON has none."""
    return list(_parts(text, None, 0))


def put_back(text: str, part: Part, changed: str) -> str:
    """Return the event with a part's decoded text changed, encoded as it was.

    `text` is what `parts` was given. Where an SQS record's md5OfBody was right, it is right again.
    JSON that stood on one line is written on one line.
    """
    if changed == part.text:
        return text
    around = part.inside.text if part.inside else text
    token = around[part.start : part.end]
    new = json.dumps(_encoded(part, json.loads(token), changed), ensure_ascii=False)
    result = around[: part.start] + new + around[part.end :]
    result = _with_md5(result, part, json.loads(token), json.loads(new))
    return put_back(text, part.inside, result) if part.inside else result


def _parts(text: str, inside: Part | None, depth: int) -> Iterator[Part]:
    if depth >= _DEEPEST:
        return
    for path, name, start, end in _texts(text):
        if end - start < 4:
            continue
        try:
            value = json.loads(text[start:end])
        except ValueError:
            continue
        decoded = _decoded(value, name)
        if decoded is None:
            continue
        steps, content = decoded
        part = Part(path, start, end, steps, content, inside)
        yield part
        if part.is_json:
            yield from _parts(content, part, depth + 1)


def _texts(text: str) -> Iterator[tuple[str, str, int, int]]:
    """(path, member's name, start, end) of each text that is a value."""
    stack: list[list[str | int]] = []  # the name or index in each container
    pending: tuple[str, int, int] | None = None
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark[0] == '"':
            pending = (mark, *token.span())
            continue
        if mark == ":":
            if pending and stack:
                stack[-1][0] = json.loads(pending[0]) if "\\" in pending[0] else pending[0][1:-1]
            pending = None
            continue
        if pending:
            yield _path(stack), _name(stack), pending[1], pending[2]
            pending = None
        if mark in "{[":
            stack.append([0 if mark == "[" else ""])
        elif mark in "}]":
            if stack:
                stack.pop()
        elif stack and isinstance(stack[-1][0], int):
            stack[-1][0] += 1
    if pending and not stack:
        yield "$", "", pending[1], pending[2]


def _path(stack: list[list[str | int]]) -> str:
    made = []
    for (each,) in stack:
        if isinstance(each, int):
            made.append(f"[{each}]")
        elif re.fullmatch(r"[A-Za-z_]\w*", each):
            made.append(f".{each}")
        else:
            made.append(f"[{json.dumps(each, ensure_ascii=False)}]")
    return "$" + "".join(made)


def _name(stack: list[list[str | int]]) -> str:
    return next((each for (each,) in reversed(stack) if isinstance(each, str)), "")


def _decoded(value: str, name: str) -> tuple[tuple[Step, ...], str] | None:
    if _is_json(value):
        return ("JSON",), value
    data = _from_base64(value, name)
    if data is None:
        return None
    steps: list[Step] = ["base64"]
    if data[:2] == b"\x1f\x8b":
        unpacked = _unzipped(data)
        if unpacked is None:
            return None
        data = unpacked
        steps.append("gzip")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if not _is_readable(text):
        return None
    if _is_json(text):
        steps.append("JSON")
    return tuple(steps), text


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        return isinstance(json.loads(text, parse_int=str, parse_float=str), dict | list)
    except (ValueError, RecursionError):
        return False


def _from_base64(value: str, name: str) -> bytes | None:
    # Many a word is base64 by its letters: short ones count where AWS encodes.
    least = 4 if name.lower() in _NAMES else _SHORT
    if len(value) < least or len(value) % 4 or not _BASE64.fullmatch(value):
        return None
    if name.lower() not in _NAMES and value.isalnum() and (value.islower() or value.isdigit()):
        return None
    try:
        return base64.b64decode(value.translate(_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        return None


_STANDARD = str.maketrans("-_", "+/")
_URL_SAFE = str.maketrans("+/", "-_")


def _unzipped(data: bytes) -> bytes | None:
    unzip = zlib.decompressobj(31)
    try:
        unpacked = unzip.decompress(data, MAX_DECODED)
    except zlib.error:
        return None
    return None if unzip.unconsumed_tail or not unzip.eof else unpacked


def _is_readable(text: str) -> bool:
    return bool(text) and all(each.isprintable() or each in "\t\r\n" for each in text)


def _encoded(part: Part, before: str, changed: str) -> str:
    if part.is_json and "\n" not in part.text.strip():
        changed = _on_one_line(changed, part.text)
    data = changed.encode()
    if "gzip" in part.steps:
        data = gzip.compress(data, mtime=0)
    if "base64" in part.steps:
        encoded = base64.b64encode(data).decode()
        return encoded.translate(_URL_SAFE) if set(before) & set("-_") else encoded
    return changed


def _on_one_line(changed: str, before: str) -> str:
    """JSON without its white space; a blank behind `:` and `,` where there was one before."""
    try:
        json.loads(changed)
    except ValueError:
        return changed  # being broken may be the point of the test
    space = " " if re.search(r'"\s*: ', before) else ""
    return "".join(
        token + (space if token in (",", ":") else "") for token in _JSON_TOKEN.findall(changed)
    )


def _with_md5(text: str, part: Part, before: str, after: str) -> str:
    """The event with a digest beside the part renewed, where there was a right one."""
    for name, digest_name in _MD5_OF.items():
        if not part.path.endswith(f".{name}"):
            continue
        path = part.path[: -len(name)] + digest_name
        for found, _, start, end in _texts(text):
            if found == path and text[start:end] == json.dumps(_md5(before)):
                return text[:start] + json.dumps(_md5(after)) + text[end:]
    return text


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
