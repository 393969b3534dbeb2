"""Start a program in a file system, able to let its own children into others.

`enter.py MOUNT_NAMESPACE [USER_NAMESPACE] -- PROGRAM …`: the namespaces are descriptors. Its
children need CAP_SYS_ADMIN and CAP_SYS_CHROOT of the user namespace for entering; who is forked to
be a function gives them up (bootstraps/python/standby.py).
"""

from __future__ import annotations

import os
import sys

from workbench.local.runtime.filesystem import syscalls


def main(arguments: list[str]) -> None:
    """Does not return."""
    end = arguments.index("--")
    mounts, *users = map(int, arguments[:end])
    program = arguments[end + 1 :]
    for user in users:
        syscalls.set_namespace(user, syscalls.CLONE_NEWUSER)
        os.close(user)
    syscalls.set_namespace(mounts, syscalls.CLONE_NEWNS)
    os.close(mounts)
    if users:
        syscalls.keep_over_exec(syscalls.CAP_SYS_ADMIN, syscalls.CAP_SYS_CHROOT)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
