"""The Error view of the Result pane: what a function raised, and its stack frames."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Static

from workbench.aws.records import Frame, FunctionError
from workbench.ui.widgets.fuzzy_list import FuzzyList, Row


class ErrorView(Static):
    """Type, message and stack frames of a function error."""

    def compose(self) -> ComposeResult:
        yield Static("", id="error-words", markup=False)
        yield Static("", id="error-means", markup=False)
        yield FuzzyList(empty="There is no stack trace.", id="frames")

    def focus(self, scroll_visible: bool = True) -> ErrorView:
        """Focus the frames."""
        self.query_one(FuzzyList).focus(scroll_visible)
        return self

    def show(self, error: FunctionError, frames: list[str], means: str) -> None:
        """Show an error; the frames in words, in the order they are to be read. `means`: what an
        error of the platform's is about, "" for others."""
        self.query_one("#error-words", Static).update(f"{error.type}\n{error.message}")
        line = self.query_one("#error-means", Static)
        line.update(means)
        line.display = bool(means)
        self.query_one(FuzzyList).set_rows(
            [Row(str(index), (frame,)) for index, frame in enumerate(frames)]
        )


def user_frames_first(error: FunctionError) -> tuple[Frame, ...]:
    """Frames of the user's code first, the innermost (where it was raised) at the top."""
    frames = error.frames
    return (*(f for f in frames if f.in_user_code), *(f for f in frames if not f.in_user_code))


def on_disk(path: str, code: Path | None) -> Path | None:
    """The file of a frame on this machine, if it is there."""
    candidates = [Path(path)]
    if code is not None:
        candidates.insert(0, code / path.removeprefix("/var/task/"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def frame_row(frame: Frame, code: Path | None) -> str:
    """A frame in one line, its path within the function's folder."""
    path = frame.path.removeprefix("/var/task/").rpartition("/site-packages/")[2]
    if code is not None and Path(path).is_relative_to(code):
        path = str(Path(path).relative_to(code))
    library = "" if frame.in_user_code else " (library)"
    return f"{path}:{frame.line} {frame.function}{library}  {frame.code}".rstrip()
