"""A snapshot: the process of a function after its init, which forks when asked.

Every environment that is restored from it is a child, and begins where the init ended. A fork
copies the process, not what the process shares with others. So children open its files anew, find
its connections dropped (as after a real restore), and a process with threads, event loops, pipes or
processes of its own is not forked at all.
"""
# mypy: ignore-errors

import fcntl
import gc
import os
import random
import socket
import stat

from .standby import line_of, rehearse, serve, tell


def hold(client, instructions):
    """Wait for the local Lambda's orders, forking; returns only in children, and where this process
    cannot be forked. `client` has not said yet that it is initialised. `instructions` are the
    address to wait at and, where environments have a /tmp of their own, its size in MB."""
    address, _, tmp_size = instructions.partition(" ")
    control = socket.socket(socket.AF_UNIX)
    control.connect("\0" + address)
    reason = obstacle({client.socket.fileno(), control.fileno(), client.log_descriptor})
    take_tmp = None
    if not reason:
        if tmp_size:
            from .private_tmp import take as take_tmp
        gc.collect()
        gc.freeze()
    tell(control, Ready=True, Unsafe=reason)
    if reason:
        return
    client.initialised()
    state = random.getstate()
    ahead, order, output = serve(control)
    if take_tmp is not None:
        take_tmp(int(tmp_size))
    become(client, ahead, order, output)
    # Python gives each child its own random numbers; a restored environment has the snapshot's.
    random.setstate(state)


def obstacle(ours):
    """Why this process cannot be forked, in words that end a sentence, or ""."""
    if len(os.listdir("/proc/self/task")) > 1:
        return "threads are running"
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return "processes that it started are running"
    except ChildProcessError:
        pass
    for descriptor in descriptors():
        if descriptor in ours:
            continue
        kind = target(descriptor)
        if kind.startswith("anon_inode:"):
            return "an event loop is open"
        if kind.startswith("pipe:"):
            return "a pipe is open"
        if kind.startswith("socket:") and not is_remote(descriptor):
            return "a local socket is open"
    return ""


def descriptors():
    return [int(name) for name in os.listdir("/proc/self/fd") if int(name) > 2]


def target(descriptor):
    try:
        return os.readlink("/proc/self/fd/%d" % descriptor)
    except OSError:
        return ""  # the one that the folder was read with


def is_remote(descriptor):
    """Whether it is a socket over the network."""
    with socket.socket(fileno=os.dup(descriptor)) as opened:
        return opened.family in (socket.AF_INET, socket.AF_INET6)


def become(client, ahead, order_descriptor, output):
    """In a child: wait for the order, then be an environment of its own."""
    os.setsid()
    for descriptor in (1, 2, client.log_descriptor):
        if descriptor is not None:
            os.dup2(output, descriptor, inheritable=descriptor in (1, 2))
    os.close(output)
    client.socket.close()
    separate({order_descriptor, client.log_descriptor})
    if ahead:
        rehearse(())
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    with socket.socket(fileno=order_descriptor) as order:
        told, _ = line_of(order)
    os.environ.update(told)
    client.turn_to(told["AWS_LAMBDA_RUNTIME_API"])
    client.connect()


def separate(kept):
    """Share no file position and no connection with the process that this was forked from."""
    dropped, other = socket.socketpair()
    other.close()
    for descriptor in descriptors():
        if descriptor in kept or descriptor == dropped.fileno():
            continue
        kind = target(descriptor)
        if kind.startswith("socket:"):
            os.dup2(dropped.fileno(), descriptor, inheritable=False)
        elif kind.startswith("/"):
            open_anew(descriptor)
    dropped.close()


def open_anew(descriptor):
    """Give an open file a position of its own."""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        opened = os.open("/proc/self/fd/%d" % descriptor, flags & (os.O_ACCMODE | os.O_APPEND))
    except OSError:
        return
    os.lseek(opened, os.lseek(descriptor, 0, os.SEEK_CUR), os.SEEK_SET)
    os.dup2(opened, descriptor, inheritable=os.get_inheritable(descriptor))
    os.close(opened)
