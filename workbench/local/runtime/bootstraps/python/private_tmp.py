"""A /tmp of its own for an environment that is restored from a snapshot."""
# mypy: ignore-errors

import ctypes
import os
import shutil

from .standby import CAPABILITY_VERSION, CLONE_NEWNS

CLONE_NEWUSER = 0x10000000
MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 2, 4, 16384, 1 << 18

libc = ctypes.CDLL(None)


def take(megabytes):
    """Put a /tmp of this size, with what the snapshot has in its own, in the place of that one.

    Only this process and what it starts see it. Where the kernel does not allow that, the
    environments of one snapshot share its /tmp.
    """
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if user else 0)):
        return
    if user:
        _write("setgroups", "deny")
        _write("uid_map", "%d %d 1" % (user, user))
        _write("gid_map", "%d %d 1" % (group, group))
    before = os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY)
    libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None)
    options = b"mode=1777,size=%dm" % megabytes
    if not libc.mount(b"workbench", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, options):
        try:
            there = "/proc/self/fd/%d" % before
            shutil.copytree(there, "/tmp", symlinks=True, dirs_exist_ok=True)
        except (OSError, shutil.Error):
            pass  # sockets and the like cannot be copied; all else is
    os.close(before)
    if user:
        libc.capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)())


def _write(name, text):
    with open("/proc/self/" + name, "w") as file:
        file.write(text)
