"""Opening an address in the person's browser, never one that would take over the terminal."""

from __future__ import annotations

import webbrowser

from textual.message import Message
from textual.widget import Widget

from workbench.ui.keys import key_of
from workbench.ui.messages import Say
from workbench.ui.work import in_thread


def open_in_browser(node: Widget, url: str) -> None:
    """Open `url`; the status line says whether that could be done."""
    instead = f"{key_of(node.app, 'pane.copy')} copies the address."
    in_thread(node, "browser", lambda job: _open(url, instead))


def _open(url: str, instead: str) -> Message:
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return Say(f"There is no browser on this machine: {instead}", "warning")
    if type(browser) is webbrowser.GenericBrowser:  # w3m, lynx …: they draw where we do
        return Say(f"There is only {browser.name}, which needs this terminal: {instead}", "warning")
    if not browser.open(url):
        return Say(f"The browser could not be started: {instead}", "warning")
    return Say(f"Opened {url} in the browser.")
