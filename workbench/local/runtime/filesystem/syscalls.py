"""The system calls of Linux that mount namespaces need and Python has no functions for.

Numbers of calls newer than 2018 are the same on every architecture. All raise OSError.
"""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT = 1, 2, 4, 32
MS_BIND, MS_REC, MS_SLAVE = 4096, 16384, 1 << 19

_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT, _MOUNT_SETATTR = 428, 429, 430, 431, 432, 442
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_MOVE_MOUNT_F_EMPTY_PATH = 4
_FSCONFIG_SET_STRING, _FSCONFIG_CMD_CREATE = 1, 6
_FSMOUNT_CLOEXEC = 1
_MOUNT_ATTR_RDONLY = 1

_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAPABILITY_VERSION = 0x20080522
CAP_SYS_CHROOT, CAP_SYS_ADMIN = 18, 21

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, about: str = "") -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), about)
    return result


def _call(number: int, *values: int | bytes | None, about: str = "") -> int:
    arguments = [ctypes.c_long(v) if isinstance(v, int) else ctypes.c_char_p(v) for v in values]
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments), about)


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones."""
    _checked(_libc.unshare(flags))


def set_namespace(descriptor: int, kind: int) -> None:
    """Enter the namespace of this kind that `descriptor` stands for."""
    _checked(_libc.setns(descriptor, kind))


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2)."""
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode(),
    )
    _checked(result, target)


def clone_tree(path: str) -> int:
    """A copy of what is at `path`, with all mounts below it, that is mounted nowhere yet."""
    flags = _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | _AT_RECURSIVE
    return _call(_OPEN_TREE, _AT_FDCWD, os.fsencode(path), flags, about=path)


def attach(descriptor: int, target: str) -> None:
    """Mount at `target` what `clone_tree`, `overlay` or `memory` returned."""
    path = os.fsencode(target)
    _call(_MOVE_MOUNT, descriptor, b"", _AT_FDCWD, path, _MOVE_MOUNT_F_EMPTY_PATH, about=target)


def read_only(descriptor: int) -> None:
    """Allow no writing through this copy and all mounts below it."""
    _set_read_only(descriptor, b"", _AT_EMPTY_PATH | _AT_RECURSIVE)


def read_only_at(path: str) -> None:
    """Allow no writing through the mount at `path`; mounts below it stay as they are."""
    _set_read_only(_AT_FDCWD, os.fsencode(path), 0)


def _set_read_only(descriptor: int, path: bytes, flags: int) -> None:
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    result = _libc.syscall(
        ctypes.c_long(_MOUNT_SETATTR), ctypes.c_long(descriptor), ctypes.c_char_p(path),
        ctypes.c_long(flags), attributes, size,
    )  # fmt: skip
    _checked(result, os.fsdecode(path))


def overlay(folders: list[str]) -> int:
    """The folders merged, the first wins; read-only and mounted nowhere yet."""
    held = [os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in folders]
    try:
        # Short names: the kernel takes 255 bytes, and a colon would have a meaning.
        lower = ":".join(f"/proc/self/fd/{descriptor}" for descriptor in held)
        return _new("overlay", {"lowerdir": lower})
    finally:
        for descriptor in held:
            os.close(descriptor)


def memory() -> int:
    """An empty folder in memory, mounted nowhere yet."""
    return _new("tmpfs", {"mode": "755"})


def _new(kind: str, options: dict[str, str]) -> int:
    context = _call(_FSOPEN, kind.encode(), 0, about=kind)
    try:
        for name, value in options.items():
            key = name.encode()
            _call(_FSCONFIG, context, _FSCONFIG_SET_STRING, key, value.encode(), 0, about=name)
        _call(_FSCONFIG, context, _FSCONFIG_CMD_CREATE, None, None, 0, about=kind)
        return _call(_FSMOUNT, context, _FSMOUNT_CLOEXEC, 0)
    finally:
        os.close(context)


def keep_over_exec(*capabilities: int) -> None:
    """Have these capabilities also after exec, though not the superuser."""
    mask = sum(1 << capability for capability in capabilities)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    _checked(_libc.capset(header, data))
    for capability in capabilities:
        result = _libc.prctl(
            _PR_CAP_AMBIENT, ctypes.c_ulong(_PR_CAP_AMBIENT_RAISE), ctypes.c_ulong(capability),
            ctypes.c_ulong(0), ctypes.c_ulong(0),
        )  # fmt: skip
        _checked(result)
