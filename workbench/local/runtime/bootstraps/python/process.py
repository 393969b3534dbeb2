"""Making this process the function's."""
# mypy: ignore-errors

import _sitebuiltins
import builtins
import io
import os
import sys
import time

from . import snapstart
from .client import Client

BASE_PATH = [path for path in sys.path if path and path != os.path.dirname(__file__)]


def take_place(environ):
    """Make this process the function's: its folder, module path, clock, command line."""
    if hasattr(time, "tzset"):
        time.tzset()
    root = environ["LAMBDA_TASK_ROOT"]
    os.chdir(root)
    listed = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = [root, *listed, *BASE_PATH]
    sys.dont_write_bytecode = True  # the task root is read-only on AWS
    sys.argv = [environ["_HANDLER"]]


def unbuffer():
    """What the function prints leaves at once; exit() and quit() exist, as on AWS."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(descriptor, "wb", closefd=False)
        stream = io.TextIOWrapper(raw, "utf-8", "backslashreplace", "", write_through=True)
        setattr(sys, name, stream)
        setattr(sys, "__%s__" % name, stream)
    # Started with -S, which keeps this interpreter's site-packages out, and these two with it.
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")


def run():
    """Be the function's process, started with its variables."""
    descriptor = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
    if descriptor is not None:
        descriptor = int(descriptor)
        os.set_inheritable(descriptor, False)
    unbuffer()
    snapstart.offer_hooks()
    take_place(os.environ)
    Client(descriptor).run()
