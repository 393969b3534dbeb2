"""Lays a large JSON text out in a process of its own.

In a thread, parsing 6 MB would hold the interpreter, and with it every key, for 140 ms at a time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from workbench.ui.widgets.json_text import Layout, is_json

_NOT_JSON = 3

# The child finds this package where this process has it, whatever its own folder is.
_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from workbench.ui.widgets.layout_process import main; sys.exit(main())"
)


def lay_out(text: str) -> Layout | None:
    """Return the layout of a text, None when it is no JSON. Blocks: call it from a thread."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CODE, str(Path(__file__).parents[3])],
            input=text.encode("utf-8", "surrogatepass"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:  # no process can be started: slower, but the same
        return Layout(text) if is_json(text) else None
    if done.returncode == 0:
        return Layout.unpack(text, done.stdout)
    if done.returncode == _NOT_JSON:
        return None
    return Layout(text) if is_json(text) else None


def main() -> int:
    """The child: text on standard input, packed layout on standard output."""
    text = sys.stdin.buffer.read().decode("utf-8", "surrogatepass")
    if not is_json(text):
        return _NOT_JSON
    sys.stdout.buffer.write(Layout(text).pack())
    return 0
