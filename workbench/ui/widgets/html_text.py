"""HTML as text to read in a terminal: words, paragraphs, links with their address."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = re.compile(
    "address|article|aside|blockquote|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|header|hr|li"
    "|main|nav|ol|p|pre|section|table|tr|ul|title"
)
_UNSEEN = frozenset(("script", "style", "template", "noscript", "svg"))
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


def html_text(html: str) -> str:
    """Return the text of a page; broken HTML gives what can be read of it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._unseen = 0
        self._as_is = 0
        self._links: list[str | None] = []

    def text(self) -> str:
        """What was read, without empty lines in a row."""
        lines = (line.rstrip() for line in "".join(self._parts).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag in ("td", "th"):
            self._parts.append("  ")
        elif tag == "img":
            self._parts.append(f"[image: {given.get('alt') or given.get('src') or ''}]")
        elif tag in ("input", "button") and given.get("value"):
            self._parts.append(f"[{given['value']}]")
        elif tag == "a":
            self._links.append(given.get("href"))
        elif _BLOCKS.fullmatch(tag):
            self._break(tag)
            self._as_is += tag == "pre"
            if tag == "hr":
                self._parts.append("────\n")
            self._parts.append("• " if tag == "li" else _HEADINGS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "a" and self._links:
            address = self._links.pop()
            if address and not address.startswith(("#", "javascript:")):
                self._parts.append(f" <{address}>")
        elif _BLOCKS.fullmatch(tag):
            self._as_is = max(0, self._as_is - (tag == "pre"))
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if not self._as_is:
            data = re.sub(r"\s+", " ", data)
            if data == " " and (not self._parts or self._parts[-1].endswith(("\n", " "))):
                return
            if not self._parts or self._parts[-1].endswith("\n"):
                data = data.lstrip()
        self._parts.append(data)

    def _break(self, tag: str) -> None:
        """End the line; an empty one around what stands by itself."""
        near = tag in ("li", "tr", "dt", "dd", "div", "title")
        if self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append("\n" if near else "\n\n")
