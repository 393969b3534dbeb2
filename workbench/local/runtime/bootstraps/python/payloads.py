"""Events from JSON and results to JSON, as AWS's encoder (simplejson) writes them."""
# mypy: ignore-errors

import json
import math
import os
from decimal import Decimal

from .errors import Fault

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
