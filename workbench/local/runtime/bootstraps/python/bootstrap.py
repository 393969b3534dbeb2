"""The Python runtime client: asks the Runtime API for events and calls the handler.

Behaves as AWS's own client (awslambdaric) does: handler lookup, context object, error objects,
log formats. Standard library only, one file, CPython 3.8 and newer. Answer and request for the
next event leave in one packet.
"""
# mypy: ignore-errors
# (No annotations: they would cost time at every start.)

import _sitebuiltins
import builtins
import importlib
import io
import json
import logging
import math
import os
import socket
import sys
import time
import traceback
from decimal import Decimal

NEXT = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n"
POST = (
    "POST /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
    "Content-Length: %d\r\n%s\r\n"
)
UNHANDLED_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, "
    "or can be applied automatically. To determine if the runtime has been updated, check the "
    "runtime version in the INIT_START log entry. If this error correlates with a change in the "
    "runtime version, you may be able to mitigate this error by temporarily rolling back to the "
    "previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)


class Fault(Exception):
    """An error found by the runtime client itself rather than raised by the function."""

    def __init__(self, kind, message, trace=None):
        Exception.__init__(self, message)
        self.kind, self.message, self.trace = kind, message, trace


# ---- the context object (names and repr are AWS's) ----


def _record(name, fields):
    def __repr__(self):
        return "%s([%s])" % (name, ",".join("%s=%s" % (f, getattr(self, f)) for f in fields))

    def __init__(self, values):
        for field in fields:
            setattr(self, field, values.get(field))

    return type(name, (), {"__slots__": fields, "__init__": __init__, "__repr__": __repr__})


CognitoIdentity = _record("CognitoIdentity", ["cognito_identity_id", "cognito_identity_pool_id"])
Client = _record(
    "Client",
    ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"],
)
ClientContext = _record("ClientContext", ["custom", "env", "client"])
_SHOWN = [
    "aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb",
    "function_version", "invoked_function_arn", "client_context", "identity", "tenant_id",
]  # fmt: skip


class LambdaContext(object):
    """What a handler gets as its second argument."""

    def __init__(self, headers, environ, sink):
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.log_group_name = environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        client = _json_header(headers, "lambda-runtime-client-context", "Client Context")
        cognito = _json_header(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        trace = client.pop("w3c", None) if isinstance(client, dict) else None
        self._w3c = trace if isinstance(trace, dict) else {}
        self.client_context = None
        if client is not None:
            self.client_context = ClientContext(client)
            if self.client_context.client is not None:
                self.client_context.client = Client(self.client_context.client)
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": cognito.get("cognitoIdentityId"),
                "cognito_identity_pool_id": cognito.get("cognitoIdentityPoolId"),
            }
        )
        self._epoch_deadline_time_in_ms = int(headers.get("lambda-runtime-deadline-ms") or 0)
        self._sink = sink

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def w3c(self):
        names = ("traceparent", "tracestate", "baggage")
        return {name: self._w3c[name] for name in names if isinstance(self._w3c.get(name), str)}

    def log(self, msg):
        self._sink.log(str(msg))

    def __repr__(self):
        return "LambdaContext([%s])" % ",".join("%s=%s" % (f, getattr(self, f)) for f in _SHOWN)


def _json_header(headers, name, what):
    text = headers.get(name)
    if not text:
        return None
    try:
        return json.loads(text)
    except Exception as error:
        raise Fault(
            "Runtime.LambdaContextUnmarshalError",
            "Unable to parse {} JSON: {}".format(what, error),
        ) from error


# ---- results to JSON, as AWS's encoder (simplejson) writes them ----

_DECIMAL = "\0decimal:%s\0"
_PLAIN = frozenset([str, int, float, bool, type(None)])


class Encoder(json.JSONEncoder):
    """Decimals become bare numbers, bytes become text."""

    decimals = False

    def default(self, o):
        if isinstance(o, Decimal):
            if o.is_nan():
                return math.nan
            self.decimals = True
            return _DECIMAL % o
        if isinstance(o, bytes):
            return o.decode("utf-8")
        return json.JSONEncoder.default(self, o)


def _as_objects(value):
    """Named tuples are objects to AWS's encoder; the standard one would make arrays of them."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, dict):
        for item in value.values():
            if type(item) not in _PLAIN and _as_objects(item) is not item:
                return {key: _as_objects(item) for key, item in value.items()}
    elif isinstance(value, (list, tuple)):
        if hasattr(value, "_asdict"):
            return _as_objects(value._asdict())
        for item in value:
            if type(item) not in _PLAIN and _as_objects(item) is not item:
                return [_as_objects(item) for item in value]
    return value


def to_json(value):
    # AWS's Python 3.12 and newer leave non-ASCII characters as they are.
    version = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
    encoder = Encoder(ensure_ascii=not (version.isdigit() and int(version) >= 12))
    if type(value) not in _PLAIN:
        try:
            value = _as_objects(value)
        except RecursionError:
            pass  # the encoder says it better
    text = encoder.encode(value)
    if encoder.decimals:
        text = text.replace('"\\u0000decimal:', "").replace('\\u0000"', "")
    return text


# ---- logging ----

_LEVEL_BITS = {0: 0x02, 10: 0x0A, 20: 0x0E, 30: 0x12, 40: 0x16, 50: 0x1A}
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_STANDARD = frozenset(
    [*vars(logging.makeLogRecord({})), "message", "asctime", "aws_request_id", "tenant_id"]
)


class PlainSink:
    """Log text goes to stdout; line ends inside one event become carriage returns."""

    def log(self, text, frame=None):
        sys.stdout.write(text)

    def log_error(self, lines, frame):
        sys.stdout.write("\r".join(lines) + "\n")


class FramedSink:
    """Log text goes to the log descriptor, each event in a frame (lambda-facts §1.3)."""

    def __init__(self, descriptor):
        self._descriptor = descriptor

    def log(self, text, frame=None):
        data = text.encode("utf-8", "surrogateescape")
        head = (0xA55A0000 | (frame or 0x03)).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        data = head + (time.time_ns() // 1000).to_bytes(8, "big") + data
        while data:
            data = data[os.write(self._descriptor, data) :]

    def log_error(self, lines, frame):
        self.log("\n".join(lines), frame)


def _level(record):
    return min(50, max(0, record.levelno)) // 10 * 10


class JsonFormatter(logging.Formatter):
    """The JSON log format: AWS's keys in AWS's order, then whatever `extra` added."""

    def __init__(self):
        logging.Formatter.__init__(self, datefmt=_TIME_FORMAT)

    def format(self, record):
        record.levelno = _level(record)
        record.levelname = logging.getLevelName(record.levelno)
        error = record.exc_info
        whole = isinstance(record.msg, dict) and not record.args
        shown = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.msg if whole else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(error[2]) if error else None,
            "errorType": error[0].__name__ if error else None,
            "errorMessage": str(error[1]) if error else None,
            "requestId": record.aws_request_id,
            "location": "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)
            if error
            else None,
            "tenantId": record.tenant_id,
        }
        for key, value in vars(record).items():
            if key not in _STANDARD and key not in shown:
                shown[key] = value
        shown = {key: value for key, value in shown.items() if value is not None}
        return json.dumps(shown, ensure_ascii=False, default=str) + "\n"


class LambdaLoggerHandler(logging.Handler):
    """The root logger's handler; log_sink is where other libraries look for it."""

    def __init__(self, sink, request, frames):
        logging.Handler.__init__(self)
        self.log_sink, self._request, self._frames = sink, request, frames

    def filter(self, record):
        record.aws_request_id = self._request.get("lambda-runtime-aws-request-id", "")
        record.tenant_id = self._request.get("lambda-runtime-aws-tenant-id")
        return logging.Handler.filter(self, record)

    def emit(self, record):
        text = self.format(record)
        frame = None
        if self._frames is not None:
            frame = _LEVEL_BITS[_level(record)] | self._frames
        self.log_sink.log(text, frame)


# ---- the client ----


class Runtime:
    """One connection to the Runtime API and everything a function's process does with it."""

    def __init__(self, log_descriptor=None):
        environ = os.environ
        self.address = environ["AWS_LAMBDA_RUNTIME_API"]
        self.request = {}
        self.json_logs = environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        self.sink = PlainSink() if log_descriptor is None else FramedSink(log_descriptor)
        self._ask = (NEXT % self.address).encode()
        self._read = b""

    def set_up_logging(self):
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
        frames = 0 if self.json_logs else 1 if level else None
        handler = LambdaLoggerHandler(self.sink, self.request, frames)
        logging.Formatter.converter = time.gmtime
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        handler.setFormatter(
            JsonFormatter() if self.json_logs else logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
        )
        root = logging.getLogger()
        if level in logging._nameToLevel:
            root.setLevel(level)
        root.addHandler(handler)

    def connect(self):
        host, _, port = self.address.rpartition(":")
        # Not create_connection: looking a name up imports the idna codec, 3 ms.
        self._socket = socket.socket()
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._send, self._recv = self._socket.sendall, self._socket.recv

    def run(self):
        """Initialise, then serve events until the other side goes away."""
        self.set_up_logging()
        self.connect()
        try:
            handler = find_handler(os.environ["_HANDLER"])
        except Fault as fault:
            self.init_failed(error_object(fault.message, fault.kind, fault.trace))
        except Exception:
            self.init_failed(raised())
        self._send(self._ask)
        while True:
            headers, body = self._reply()
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
            context = LambdaContext(headers, os.environ, self.sink)
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
        self.log_error(error)
        head = "Lambda-Runtime-Function-Error-Type: Unhandled\r\n"
        text = to_json(error).encode("utf-8", "replace")
        return self._post("invocation/%s/error" % request_id, text, "application/json", head)

    def init_failed(self, error):
        logging.warning(UNHANDLED_WARNING)
        self.log_error(error)
        head = "Lambda-Runtime-Function-Error-Type: %s\r\n" % error["errorType"]
        text = to_json(error).encode("utf-8", "replace")
        self._send(self._post("init/error", text, "application/json", head))
        self._reply(wanted=202)
        sys.exit(1)

    def log_error(self, error):
        if self.json_logs:
            stamp = time.strftime(_TIME_FORMAT, time.gmtime())
            lines = [to_json(dict([("timestamp", stamp), ("level", "ERROR")], **error))]
            self.sink.log_error(lines, _LEVEL_BITS[40])
            return
        title = ": ".join(part for part in (error["errorType"], error["errorMessage"]) if part)
        lines = [("[ERROR] " + title).rstrip(" ") if title else "[ERROR]"]
        lines.append("Traceback (most recent call last):")
        for entry in error["stackTrace"]:
            for line in entry.splitlines() or [""]:
                text = line.lstrip(" ")
                lines.append("\u00a0" * (len(line) - len(text)) + text)
        self.sink.log_error(lines, _LEVEL_BITS[40] | 1)

    def _post(self, path, body, kind, more=""):
        head = POST % (path, self.address, kind, len(body), more)
        return head.encode("latin-1", "replace") + body

    def _reply(self, wanted=200):
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


def find_handler(name):
    """The function that "module.function" (or "folder/module.function") names."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault(
            "Runtime.MalformedHandlerName", "Bad handler '{}': {}".format(name, error)
        ) from error
    try:
        if module_name.split(".")[0] in sys.builtin_module_names:
            raise Fault(
                "Runtime.BuiltInModuleConflict",
                "Cannot use built-in module {} as a handler module".format(module_name),
            )
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault(
            "Runtime.ImportModuleError",
            "Unable to import module '{}': {}".format(module_name, error),
        ) from error
    except SyntaxError as error:
        raise Fault(
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module '{}': {}".format(module_name, error),
            ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)],
        ) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise Fault(
            "Runtime.HandlerNotFound",
            "Handler '{}' missing on module '{}'".format(function_name, module_name),
        ) from error


def unmarshal(body):
    try:
        return json.loads(body)
    except Exception as error:
        raise Fault(
            "Runtime.UnmarshalError", "Unable to unmarshal input: {}".format(error)
        ) from error


def marshal(result):
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return to_json(result).encode("utf-8"), "application/json"
    except Exception as error:
        raise Fault(
            "Runtime.MarshalError", "Unable to marshal response: {}".format(error)
        ) from error


def error_object(message, kind, trace, request_id=""):
    return {
        "errorMessage": message or "",
        "errorType": kind or "",
        "requestId": request_id,
        "stackTrace": trace or [],
    }


def raised(request_id=""):
    """The exception being handled, as an error object without this file's frames."""
    kind, value, tb = sys.exc_info()
    frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(tb)]
    for index, frame in enumerate(frames):
        if frame[0] != __file__:
            frames = frames[index:]
            break
    return error_object(str(value), kind.__name__, traceback.format_list(frames), request_id)


# ---- the process ----


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


BASE_PATH = [path for path in sys.path if path and path != os.path.dirname(__file__)]


def main():
    descriptor = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
    if descriptor is not None:
        os.set_inheritable(int(descriptor), False)
    unbuffer()
    take_place(os.environ)
    Runtime(None if descriptor is None else int(descriptor)).run()


if __name__ == "__main__":
    main()
