"""Giving the terminal to the user's editor or pager, and taking it back."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported
from textual.message import Message
from textual.widget import Widget

from workbench.project.files import write_atomically
from workbench.project.records import FunctionSource
from workbench.project.state_dir import StateDir
from workbench.ui.messages import OpenFile, Say
from workbench.ui.terminal import editor
from workbench.ui.work import Job, in_thread

if TYPE_CHECKING:
    from workbench.ui.session import Session

_SUFFIXES = (".py", ".js", ".mjs", ".cjs", ".rb", ".sh", "")


def open_file(node: Widget, path: Path, line: int | None = None) -> None:
    """Open a file at a line in $EDITOR; says why it cannot be done."""
    edit_file(node, path, lambda: None, line)


def edit_file(node: Widget, path: Path, done: Callable[[], None], line: int | None = None) -> None:
    """Open a file in $EDITOR and call `done`, in the UI thread, when it was closed."""
    try:
        command = editor.editor_command()
    except editor.NoProgram as error:
        node.post_message(Say(str(error), "warning"))
        return
    full = editor.open_at(command, path, line, wait=True)
    if not editor.is_windowed(command):
        if _in_terminal(node, full):
            done()
        return

    def wait() -> None:
        try:
            subprocess.run(full, check=False, capture_output=True)
        except OSError as error:
            node.post_message(Say(f"{full[0]} could not be started: {error}.", "error"))
            return
        node.call_later(done)

    threading.Thread(target=wait, name="workbench-editor", daemon=True).start()


def open_text(node: Widget, text: str | None, *, edit: bool) -> None:
    """Show a text in $PAGER, or in $EDITOR as a file of its own."""
    if not text:
        node.post_message(Say("There is no text here.", "warning"))
        return
    try:
        command = editor.editor_command() if edit else editor.pager_command()
    except editor.NoProgram as error:
        node.post_message(Say(str(error), "warning"))
        return
    if not edit:
        _in_terminal(node, command, text.encode())
        return
    file = StateDir(node.app.root).path / "edit" / "view.txt"  # type: ignore[attr-defined]
    try:
        write_atomically(file, text)
    except OSError as error:
        node.post_message(Say(f"Cannot write {file}: {error.strerror or error}.", "error"))
        return
    edit_file(node, file, lambda: None)


def _in_terminal(node: Widget, command: list[str], text: bytes | None = None) -> bool:
    try:
        with node.app.suspend():
            trouble = editor.run(command, text)
    except SuspendNotSupported:
        trouble = "This terminal cannot be handed to another program."
    if trouble:
        node.post_message(Say(trouble, "error"))
    return trouble is None


def show_code(node: Widget, session: Session) -> None:
    """Open the chosen function's code: its file in the folder, or the package from Lambda."""
    name, backend = session.function, session.backend
    source = session.source(name)
    if source is not None and source.image_uri is None and not session.is_aws:
        file = handler_file(source.code, source.handler)
        if file is None:
            node.post_message(Say(f"{source.code} holds no file for {source.handler}.", "warning"))
        else:
            open_file(node, file, _handler_line(file, source))
        return
    if name is None or backend is None:
        node.post_message(Say("The target is not there yet.", "warning"))
        return
    function = session.functions.get(name)
    if function is None:
        node.post_message(Say(f"{name} is not listed yet.", "warning"))
        return
    handler, qualifier = function.handler, session.qualifier
    node.post_message(Say(f"Downloading the code of {name} …"))

    def download(job: Job) -> Message:
        folder = backend.download_code(name, qualifier)
        found = handler_file(folder, handler) or next(
            (file for file in sorted(folder.rglob("*")) if file.is_file()), None
        )
        if found is None:
            return Say(f"The package of {name} is empty.", "warning")
        return OpenFile(found)

    in_thread(node, "download", download)


def handler_file(code: Path, handler: str) -> Path | None:
    """The file a handler string such as `src/app.handler` names, in a code folder."""
    module = handler.rpartition(".")[0] or handler
    for name in (module, module.replace(".", "/"), "bootstrap"):
        for suffix in _SUFFIXES:
            file = code / f"{name}{suffix}"
            if file.is_file():
                return file
    return None


def _handler_line(file: Path, source: FunctionSource) -> int | None:
    function = source.handler.rpartition(".")[2]
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for number, line in enumerate(lines, 1):
        if f"def {function}(" in line or (function in line and "export" in line):
            return number
    return None
