"""Bytecode of boto3 for the Pythons that functions run on.

pip compiled it for the Python that the workbench runs on, and functions see it on a mount that is
read-only: on any other Python each standby process would compile boto3 anew, half a second each.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path

from workbench.project.interpreters import Interpreter

# Servers that begin at the same time leave it to the first of them.
_COMPILE = """
import compileall, fcntl, os, sys
lock = os.open(os.path.dirname(sys.argv[-1]), os.O_RDONLY)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit()
os.nice(19)
for source in sys.argv[1:]:
    compile_one = compileall.compile_dir if os.path.isdir(source) else compileall.compile_file
    compile_one(source, quiet=2)
"""


def compile_for(interpreter: Interpreter, sources: Iterable[Path]) -> threading.Thread | None:
    """Begin to compile modules and packages where they are, in a process of its own.

    It goes on when the server ends, so that it is done for the next one. The thread ends with it.
    None when it was done before, or when nothing can be written there.
    """
    paths = list(sources)
    last = paths[-1]
    tag = f"cpython-{interpreter.minor.replace('.', '')}"
    module = last / "__init__.py" if last.is_dir() else last
    done = module.parent / "__pycache__" / f"{module.stem}.{tag}.pyc"
    if done.exists() or not os.access(last.parent, os.W_OK):
        return None
    compiler = subprocess.Popen(
        [interpreter.path, "-I", "-S", "-c", _COMPILE, *paths],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # ctrl+c is not for it
    )
    waiting = threading.Thread(target=compiler.wait, name="bytecode", daemon=True)
    waiting.start()
    return waiting
