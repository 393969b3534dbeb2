"""What the function logs: sinks, the JSON format, the root logger's handler."""
# mypy: ignore-errors

import json
import logging
import os
import sys
import time
import traceback

from .payloads import to_json

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


class Log:
    """Where everything goes that is logged; the root logger's handler is set up with it.

    `request` holds the headers of the event being handled.
    """

    def __init__(self, descriptor, request):
        environ = os.environ
        self._json = environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        self.sink = PlainSink() if descriptor is None else FramedSink(descriptor)
        level = environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
        frames = 0 if self._json else 1 if level else None
        handler = LambdaLoggerHandler(self.sink, request, frames)
        logging.Formatter.converter = time.gmtime
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        handler.setFormatter(
            JsonFormatter() if self._json else logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
        )
        root = logging.getLogger()
        if level in logging._nameToLevel:
            root.setLevel(level)
        root.addHandler(handler)

    def error(self, error):
        if self._json:
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
