"""The HTTP view of the Result pane: an answer as the response that a client would get."""

from __future__ import annotations

import hashlib
import mimetypes
from urllib.parse import urlsplit

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from workbench.aws.http_answer import HttpAnswer
from workbench.project.state_dir import StateDir
from workbench.ui.formats import BAD, GOOD, STRONG, WARN
from workbench.ui.messages import Say
from workbench.ui.session import Session
from workbench.ui.terminal.browser import open_in_browser
from workbench.ui.widgets.html_text import html_text
from workbench.ui.widgets.image_facts import image_facts
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe
from workbench.ui.work import Job, in_thread


class HttpView(Vertical):
    """Status, headers and body. HTML is read as text, of images and other bytes kind and size."""

    def __init__(self, session: Session, *, id: str) -> None:
        super().__init__(id=id)
        self._session = session
        self._answer: HttpAnswer | None = None
        self.body = JsonView(id="http-body")

    def compose(self) -> ComposeResult:
        yield Static("", id="http-status")
        yield Static("", id="http-headers")
        yield self.body

    def focus(self, scroll_visible: bool = True) -> HttpView:
        """Focus the body."""
        self.body.focus(scroll_visible)
        return self

    def show(self, answer: HttpAnswer) -> None:
        """Show a response."""
        self._answer = answer
        colors = palette(self)
        glyph, style = _glyph(answer.status)
        line = Text(f"{glyph} {answer.status} {answer.reason}".rstrip(), colors[style])
        line.append(f" · {body_words(answer)}", colors.muted)
        if answer.fault:
            line.append(f"\n▲ {answer.fault}", colors[WARN])
        self.query_one("#http-status", Static).update(line)
        headers = Text("\n", no_wrap=True).join(
            Text.assemble((f"{safe(name)}: ", colors[STRONG]), safe(value))
            for name, value in answer.headers
        )
        shown = self.query_one("#http-headers", Static)
        shown.update(headers)
        shown.display = bool(answer.headers)
        self.body.load(body_text(answer))

    def open_in_browser(self) -> None:
        """Open where a redirect leads, or else the body as a file of its own."""
        answer = self._answer
        if answer is None:
            return
        location = answer.header("location") or ""
        if 300 <= answer.status < 400 and urlsplit(location).scheme in ("http", "https"):
            open_in_browser(self, location)
            return
        if not answer.body:
            self.post_message(Say("The body is empty: there is nothing to open.", "warning"))
            return
        folder = StateDir(self._session.root).path / "answers"
        digest = hashlib.sha256(answer.body).hexdigest()[:12]
        file = folder / f"{digest}{_suffix(answer)}"

        def write(job: Job) -> Message:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(answer.body)
            return _Written(file.as_uri())

        in_thread(self, "answer file", write)

    def on__written(self, message: _Written) -> None:
        """The browser can have it now."""
        message.stop()
        open_in_browser(self, message.url)


class _Written(Message):
    """The body is in a file."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url


def body_words(answer: HttpAnswer) -> str:
    """Type and size of a body: "text/html, 1,204 bytes", "PNG image, 64 × 64, 980 bytes"."""
    if not answer.body:
        return "no body"
    size = f"{len(answer.body):,} bytes"
    facts = image_facts(answer.body)
    if facts is not None:
        return f"{facts[0]} image, {facts[1]} × {facts[2]}, {size}"
    # Without a type API Gateway says that it is JSON.
    return f"{answer.media_type or 'no content-type'}, {size}"


def body_text(answer: HttpAnswer) -> str:
    """A body as it can be read: text as it is, HTML without its tags, of others a sentence."""
    if not answer.body:
        return ""
    if image_facts(answer.body) is not None or _is_binary(answer):
        return f"{body_words(answer)}\n\no opens it in the browser."
    if answer.media_type in ("text/html", "application/xhtml+xml"):
        return html_text(answer.text)
    return answer.text


def _is_binary(answer: HttpAnswer) -> bool:
    if answer.media_type.startswith(("image/", "audio/", "video/", "font/")):
        return not answer.media_type.endswith("+xml")
    return b"\0" in answer.body[:4096] and not answer.media_type.startswith("text/")


def _suffix(answer: HttpAnswer) -> str:
    facts = image_facts(answer.body)
    kind = f"image/{facts[0].lower()}" if facts else answer.media_type or "application/json"
    return mimetypes.guess_extension(kind) or ".txt"


def _glyph(status: int) -> tuple[str, str]:
    if status >= 400:
        return "✗", BAD
    return ("→", WARN) if status >= 300 else ("✓", GOOD)
