"""AWS's snapshot_restore_py: functions import it under that name (see snapstart.Finder)."""
# mypy: ignore-errors

_before_snapshot = []
_after_restore = []


def register_before_snapshot(func, *args, **kwargs):
    """Have `func` called before the snapshot is made; also a decorator."""
    _before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    """Have `func` called after each restore; also a decorator."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot():
    return _before_snapshot


def get_after_restore():
    return _after_restore
