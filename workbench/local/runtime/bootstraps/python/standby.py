"""A process that stands by: it has imported what a function needs and forks when asked.

Started by the local Lambda with a control socket, on which its instructions
come first: one line of JSON, "variables", "modules", "clients", "private". It never imports the
function's own code.

On the control socket, both ways, one JSON object a line. In: {"Fork": n, "Ahead": …}, with two
descriptors (the child's order socket, the writing end of its output pipe); one that is forked ahead
has time to rehearse. Out: {"Ready": …} once, then
{"Pid": pid, "Fork": n} and {"Exit": code, "Fork": n}. A child waits on its order socket for one
JSON object (its environment variables), with the descriptor of its mount namespace where functions
have private file systems, and then is the function's process. When the control socket ends, the
local Lambda is gone, and so are all children and what they started.
"""
# mypy: ignore-errors

import array
import gc
import importlib
import importlib.machinery
import json
import logging
import os
import random
import select
import signal
import socket
import sys

from .client import Client
from .errors import Fault
from .handlers import find_handler
from .process import BASE_PATH, take_place, unbuffer
from .snapstart import offer_hooks

CLONE_NEWNS = 0x20000
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
CAPABILITY_VERSION = 0x20080522

REHEARSED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Lambda-Runtime-Aws-Request-Id: 0\r\nLambda-Runtime-Deadline-Ms: 0\r\n"
    b"Lambda-Runtime-Trace-Id: 0\r\nContent-Length: 2\r\n\r\n{}"
)
SOURCE = b"import os\nclass A: pass\ndef handler(event, context):\n    return {'a': [1]}\n"


def preload(modules):
    """Import what can be imported; what fails will fail again, with its reason, in the child."""
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException:
            continue


def make_clients(clients):
    """Make and drop these clients of boto3, which warms the default session's loader."""
    boto3 = sys.modules.get("boto3")
    for kind, service in clients if boto3 else ():
        try:
            # Keys given here are not kept by the session.
            getattr(boto3, kind)(
                service, aws_access_key_id="standby", aws_secret_access_key="standby"
            )
        except BaseException:
            continue


def unsafe(control):
    """Why this process must not be forked, or ""."""
    if logging.getLogger().handlers:
        return "logging"
    try:
        if len(os.listdir("/proc/self/task")) > 1:
            return "threads"
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) != control.fileno():
                target = os.readlink("/proc/self/fd/" + name)
                if target.startswith("socket:"):
                    return "sockets"
    except OSError:
        import threading

        return "threads" if threading.active_count() > 1 else ""
    return ""


def receive(sock):
    """The bytes that are there, with their descriptors."""
    size = socket.CMSG_SPACE(2 * array.array("i").itemsize)
    data, ancillary, _, _ = sock.recvmsg(65536, size)
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            usable = len(content) - len(content) % descriptors.itemsize
            descriptors.frombytes(content[:usable])
    return data, list(descriptors)


def line_of(sock):
    """The JSON object of one line, with its descriptors; the process ends when none will come."""
    data, descriptors = receive(sock)
    while not data.endswith(b"\n"):
        more = sock.recv(65536)
        if not more:
            os._exit(0)
        data += more
    return json.loads(data), descriptors


def tell(control, **message):
    control.sendall(json.dumps(message).encode() + b"\n")


def serve(control):
    """Fork on request, report children's ends. Returns only in a child: what `become` takes."""
    wake_read, wake_write = os.pipe()
    for descriptor in (wake_read, wake_write):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    children = {}
    while True:
        readable, _, _ = select.select([control, wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 4096)
            reap(control, children)
        if control in readable:
            data, descriptors = receive(control)
            if not data:
                for pid in children:
                    kill_group(pid)
                os._exit(0)
            message = json.loads(data)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(wake_read)
                os.close(wake_write)
                control.close()
                return [message["Ahead"], *descriptors]
            for descriptor in descriptors:
                os.close(descriptor)
            children[pid] = message["Fork"]
            tell(control, Fork=message["Fork"], Pid=pid)


def reap(control, children):
    while True:
        try:
            # Looked at before it is waited for: until then nobody else can have its number.
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None:
            return
        kill_group(ended.si_pid)
        _, status = os.waitpid(ended.si_pid, 0)
        number = children.pop(ended.si_pid, None)
        if number is not None:
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            tell(control, Fork=number, Exit=code)


def kill_group(pid):
    """End a child with all that it started; a child just forked has no group of its own yet."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        os.kill(pid, signal.SIGKILL)


def rehearse(clients):
    """Do once, for nothing, what the first event will do.

    A forked process shares its memory with its parent until it writes to it, page by page, and
    Python writes wherever it looks. So this halves the time of the first event.
    """
    ours, theirs = socket.socketpair()
    client = Client.rehearsing(ours)
    theirs.sendall(REHEARSED)
    client.handle(lambda event, context: {"event": event}, *client.reply())
    ours.close()
    theirs.close()
    try:
        find_handler("<rehearsal>.handler")
    except Fault:
        pass
    code = importlib.machinery.SourceFileLoader("", "").source_to_code(SOURCE, "")
    exec(code, {})
    make_clients(clients)


def unable(private):
    """Why children cannot enter file systems of their own, if they must, or ""."""
    if private:
        try:
            import ctypes

            ctypes.CDLL(None)
        except ImportError:
            return "ctypes"
    return ""


def enter(namespace):
    """Make the function's file system this process's, and give up the right to do that."""
    import ctypes

    libc = ctypes.CDLL(None)
    if libc.setns(namespace, CLONE_NEWNS):
        os._exit(1)
    os.close(namespace)
    if os.geteuid():
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
        libc.capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)())


def become(clients, ahead, order_descriptor, output):
    """In a child: wait for the order, then be the function's process."""
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.set_inheritable(output, False)
    if ahead:
        rehearse(clients)
    with socket.socket(fileno=order_descriptor) as order:
        variables, descriptors = line_of(order)
    for namespace in descriptors:
        enter(namespace)
    os.environ.clear()
    os.environ.update(variables)
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    take_place(os.environ)
    return output


def main(descriptor):
    """Stand by on this control socket."""
    control = socket.socket(fileno=descriptor)
    instructions, _ = line_of(control)
    os.environ.clear()
    os.environ.update(instructions["variables"])
    listed = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [path for path in listed if path] + BASE_PATH
    unbuffer()
    offer_hooks()
    clients = instructions["clients"]
    preload(instructions["modules"])
    make_clients(clients)
    refusal = unable(instructions["private"])
    gc.collect()
    gc.freeze()
    tell(control, Ready=True, Unsafe=unsafe(control) or refusal)
    output = become(clients, *serve(control))
    Client(output).run()
