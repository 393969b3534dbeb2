"""SnapStart: the hooks of a function, and what happens between its init and its events."""
# mypy: ignore-errors

import os
import sys

from .errors import raised

HOOKS = "snapshot_restore_py"


class Finder:
    """Finds AWS's module of hooks where nobody else does: a package may bring it itself."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != HOOKS:
            return None
        from importlib.util import spec_from_file_location

        return spec_from_file_location(name, os.path.join(os.path.dirname(__file__), "hooks.py"))


def offer_hooks():
    """Let functions import AWS's module of hooks."""
    sys.meta_path.append(Finder)


def before_snapshot():
    """Run the hooks, the last registered first; each once."""
    hooks = sys.modules.get(HOOKS)
    registered = hooks.get_before_snapshot() if hooks else []
    while registered:
        function, args, kwargs = registered.pop()
        function(*args, **kwargs)


def after_restore():
    """Run the hooks in the order of their registration."""
    hooks = sys.modules.get(HOOKS)
    for function, args, kwargs in hooks.get_after_restore() if hooks else []:
        function(*args, **kwargs)


def snapshot(client):
    """Between init and the first event; with orders to be a snapshot this process becomes one, and
    its children go on. A hook that fails ends the process as AWS's client does:
    64 before the snapshot, 65 after it was restored."""
    try:
        before_snapshot()
    except BaseException:
        client.fail("init/error", raised(), "Runtime.BeforeSnapshotError", 64)
    if client.snapshot_orders is not None:
        from . import snapshot

        snapshot.hold(client, client.snapshot_orders)
    client.restored()
    try:
        after_restore()
    except BaseException:
        client.fail("restore/error", raised(), "Runtime.AfterRestoreError", 65)
