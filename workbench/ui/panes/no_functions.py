"""What the Functions pane says when there are none: where they may come from."""

from __future__ import annotations

from workbench.ui.session import Session

_ON_AWS = "There is no function in this account and region.\n\n<screen.target> another target"
_HERE = """No functions in {}.

<functions.edit_event> opens the sample functions, copied to ./workbench-demo.

Or put a SAM template, a Python file with def handler(event, context), or a Node file that \
exports handler into this folder."""


def no_functions_words(session: Session) -> str:
    """The sentences for the target; `<id>` in them is the key of an action."""
    if session.is_aws:
        return _ON_AWS
    if not session.root.is_dir():
        return f"The folder {session.root} is gone."
    return _HERE.format(session.root)
