"""The client of the Runtime API: takes one event after another to the handler.

Behaves as AWS's own client (awslambdaric) does. Answer and request for the next event leave in one
packet.
"""
# mypy: ignore-errors

import logging
import os
import socket
import sys

from . import snapstart
from .context import LambdaContext
from .errors import UNHANDLED_WARNING, Fault, error_object, raised
from .handlers import find_handler
from .log_output import Log
from .payloads import marshal, to_json, unmarshal

RESTORE = b"GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nHost: %s\r\n\r\n"
NEXT = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n"
POST = (
    "POST /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
    "Content-Length: %d\r\n%s\r\n"
)


class Client:
    """One connection to the Runtime API and everything a function's process does with it."""

    def __init__(self, log_descriptor=None):
        self.log_descriptor = log_descriptor
        self.snapshot_orders = os.environ.pop("_LAMBDA_SNAPSHOT", None)
        self.request = {}
        self.log = Log(log_descriptor, self.request)
        self.turn_to(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def turn_to(self, address):
        """Speak to the Runtime API at this address from now on."""
        self.address = address
        self._ask = (NEXT % address).encode()
        self._read = b""

    @classmethod
    def rehearsing(cls, sock):
        """A client on this socket that sets up no logging."""
        client = cls.__new__(cls)
        client.address, client.request, client._read = "", {}, b""
        client.log = Log.__new__(Log)
        client.log.sink = None
        client._send, client._recv = sock.sendall, sock.recv
        return client

    def connect(self):
        host, _, port = self.address.rpartition(":")
        # Not create_connection: looking a name up imports the idna codec, 3 ms.
        self.socket = socket.socket()
        self.socket.connect((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._send, self._recv = self.socket.sendall, self.socket.recv

    def run(self):
        """Initialise, then serve events until the other side goes away."""
        self.connect()
        try:
            handler = find_handler(os.environ["_HANDLER"])
        except Fault as fault:
            self.init_failed(error_object(fault.message, fault.kind, fault.trace))
        except Exception:
            self.init_failed(raised())
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            snapstart.snapshot(self)
        self.serve(handler)

    def serve(self, handler):
        """Hand one event after another to the handler until the other side goes away."""
        self._send(self._ask)
        while True:
            headers, body = self.reply()
            if headers is None:
                return
            self._send(self.handle(handler, headers, body) + self._ask)

    def handle(self, handler, headers, body):
        """Run one event; returns the request that reports how it ended."""
        request_id = headers["lambda-runtime-aws-request-id"]
        self.request.clear()
        self.request.update(headers)
        trace = headers.get("lambda-runtime-trace-id")
        if trace is not None:
            os.environ["_X_AMZN_TRACE_ID"] = trace
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        try:
            context = LambdaContext(headers, os.environ, self.log.sink)
            event = body
            if headers.get("content-type") == "application/json":
                event = unmarshal(body)
            result, kind = marshal(handler(event, context))
            error = None
        except Fault as fault:
            error = error_object(fault.message, fault.kind, fault.trace, request_id)
        except Exception:
            error = raised(request_id)
        if error is None:
            return self._post("invocation/%s/response" % request_id, result, kind)
        self.log.error(error)
        head = "Lambda-Runtime-Function-Error-Type: Unhandled\r\n"
        text = to_json(error).encode("utf-8", "replace")
        return self._post("invocation/%s/error" % request_id, text, "application/json", head)

    def init_failed(self, error):
        logging.warning(UNHANDLED_WARNING)
        self.fail("init/error", error, error["errorType"], 1)

    def fail(self, path, error, kind, status):
        """Log an error, report it to the platform, and end with this exit status."""
        self.log.error(error)
        head = "Lambda-Runtime-Function-Error-Type: %s\r\n" % kind
        text = to_json(error).encode("utf-8", "replace")
        self._send(self._post(path, text, "application/json", head))
        self.reply(wanted=202)
        sys.exit(status)

    def initialised(self):
        """Tell the platform that initialisation is over."""
        self._send(RESTORE % self.address.encode())

    def restored(self):
        """As `initialised`; returns when this was restored."""
        self.initialised()
        if self.reply() == (None, None):
            sys.exit(0)

    def _post(self, path, body, kind, more=""):
        head = POST % (path, self.address, kind, len(body), more)
        return head.encode("latin-1", "replace") + body

    def reply(self, wanted=200):
        """The next reply with this status: (headers, body), or (None, None) at the end."""
        data = self._read
        while True:
            end = data.find(b"\r\n\r\n")
            while end < 0:
                more = self._recv(65536)
                if not more:
                    return None, None
                data += more
                end = data.find(b"\r\n\r\n")
            lines = data[:end].decode("latin-1").split("\r\n")
            headers = {}
            for line in lines[1:]:
                name, _, value = line.partition(": ")
                headers[name.lower()] = value
            start, size = end + 4, int(headers.get("content-length", 0))
            if len(data) < start + size:
                pieces, missing = [data], start + size - len(data)
                while missing > 0:
                    more = self._recv(min(missing + 4096, 1 << 20))
                    if not more:
                        return None, None
                    pieces.append(more)
                    missing -= len(more)
                data = b"".join(pieces)
            body, data = data[start : start + size], data[start + size :]
            if lines[0].split(" ", 2)[1] == str(wanted):
                self._read = data
                return headers, body
