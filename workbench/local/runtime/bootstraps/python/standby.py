"""A process that stands by: it has imported what a function needs and forks when asked.

Started by the local Lambda with a control socket (descriptor in argv[1]), on which its instructions
come first: one line of JSON, "variables", "modules", "clients". It never imports the function's own
code.

On the control socket, both ways, one JSON object a line. In: {"Fork": n}, with two descriptors
(the child's order socket, the writing end of its output pipe). Out: {"Ready": …} once, then
{"Pid": pid, "Fork": n} and {"Exit": code, "Fork": n}. A child waits on its order socket for one
JSON object (its environment variables) and then is the function's process.
"""
# mypy: ignore-errors

import array
import gc
import importlib
import json
import logging
import os
import random
import select
import signal
import socket
import sys

# Isolated mode leaves this folder out of sys.path. Neither name may hide a module of the function.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bootstrap

del sys.path[0], sys.modules["bootstrap"]


def preload(modules, clients):
    """Import what can be imported; what fails will fail again, with its reason, in the child."""
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException:
            continue
    boto3 = sys.modules.get("boto3")
    for kind, service in clients if boto3 else ():
        try:
            # Warms the default session's loader. Keys given here are not kept by the session.
            getattr(boto3, kind)(
                service, aws_access_key_id="standby", aws_secret_access_key="standby"
            )
        except BaseException:
            continue


def unsafe():
    """Why this process must not be forked, or ""."""
    if logging.getLogger().handlers:
        return "logging"
    try:
        if len(os.listdir("/proc/self/task")) > 1:
            return "threads"
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) != CONTROL.fileno():
                target = os.readlink("/proc/self/fd/" + name)
                if target.startswith("socket:"):
                    return "sockets"
    except OSError:
        import threading

        return "threads" if threading.active_count() > 1 else ""
    return ""


def receive(sock):
    """One message with its descriptors; (None, []) at the end."""
    size = socket.CMSG_SPACE(2 * array.array("i").itemsize)
    data, ancillary, _, _ = sock.recvmsg(65536, size)
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            usable = len(content) - len(content) % descriptors.itemsize
            descriptors.frombytes(content[:usable])
    return (json.loads(data) if data else None), list(descriptors)


def line_of(sock):
    """The JSON object of one line; the process ends when there is none to come."""
    data = b""
    while not data.endswith(b"\n"):
        more = sock.recv(65536)
        if not more:
            os._exit(0)
        data += more
    return json.loads(data)


def tell(**message):
    CONTROL.sendall(json.dumps(message).encode() + b"\n")


def serve():
    """Fork on request, report children's ends. Returns only in a child: its descriptors."""
    wake_read, wake_write = os.pipe()
    for descriptor in (wake_read, wake_write):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    children = {}
    while True:
        readable, _, _ = select.select([CONTROL, wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 4096)
            reap(children)
        if CONTROL in readable:
            message, descriptors = receive(CONTROL)
            if message is None:
                os._exit(0)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(wake_read)
                os.close(wake_write)
                CONTROL.close()
                return descriptors
            for descriptor in descriptors:
                os.close(descriptor)
            children[pid] = message["Fork"]
            tell(Fork=message["Fork"], Pid=pid)


def reap(children):
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        number = children.pop(pid, None)
        if number is not None:
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            tell(Fork=number, Exit=code)


def become(order_descriptor, output):
    """In a child: wait for the order, then be the function's process."""
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.set_inheritable(output, False)
    with socket.socket(fileno=order_descriptor) as order:
        variables = line_of(order)
    os.environ.clear()
    os.environ.update(variables)
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    bootstrap.take_place(os.environ)
    return output


def main():
    instructions = line_of(CONTROL)
    os.environ.clear()
    os.environ.update(instructions["variables"])
    listed = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [path for path in listed if path] + bootstrap.BASE_PATH
    bootstrap.unbuffer()
    preload(instructions["modules"], instructions["clients"])
    gc.collect()
    gc.freeze()
    tell(Ready=True, Unsafe=unsafe())
    descriptors = serve()
    output = become(*descriptors)
    bootstrap.Runtime(output).run()


if __name__ == "__main__":
    CONTROL = socket.socket(fileno=int(sys.argv[1]))
    main()
