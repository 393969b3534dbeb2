"""The resources of moto's services as bytes, and back.

Only classes of moto, of ours and of a few modules of data are ever made of such bytes: a project's
folder may come from somebody else.
"""

from __future__ import annotations

import io
import pickle
import re
import threading
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from types import BuiltinFunctionType, FunctionType
from typing import Any

Reduced = tuple[Any, ...]
Reducer = Callable[[Any, set[str]], Reduced | None]
"""How an object is written: what `__reduce__` would return, or None for the usual way. The set
takes the names of owners of parts that are not written with it."""

_MODULES = frozenset(
    {
        *("builtins", "collections", "datetime", "decimal", "fractions", "ipaddress", "uuid"),
        *("zoneinfo", "dateutil.tz.tz", "requests.structures", "werkzeug.datastructures.headers"),
        *("pathlib", "enum", "copyreg", "_codecs", "py_partiql_parser", "itertools"),
    }
)
_FUNCTIONS = frozenset(
    {("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("_codecs", "encode")}
)
_OURS = "workbench.local.services.keeping."

_reducers: dict[tuple[str, str], Reducer] = {}


class NotKept(Exception):
    """An object cannot be written or read; the message names it."""


def teach(module: str, name: str, reducer: Reducer) -> None:
    """Write objects of this class, and of those derived from it, in a way of their own."""
    _reducers[module, name] = reducer
    _reducer.cache_clear()


def dumps(value: Any) -> tuple[bytes, frozenset[str]]:
    """An object and the owners of parts that belong to it. Raises NotKept, and RuntimeError when
    it was changed meanwhile."""
    buffer = io.BytesIO()
    pickler = _Pickler(buffer)
    try:
        pickler.dump(value)
    except RuntimeError:
        raise
    except Exception as error:
        raise NotKept(f"{type(error).__name__} {error}") from error
    return buffer.getvalue(), frozenset(pickler.owners)


def loads(data: bytes) -> Any:
    """The object. Raises NotKept."""
    try:
        return _Unpickler(io.BytesIO(data)).load()
    except Exception as error:  # whatever moto's classes of today make of those of yesterday
        raise NotKept(f"{type(error).__name__} {error}") from error


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, 5)
        self.owners: set[str] = set()

    def persistent_id(self, obj: Any) -> Any:
        return _backend_id(obj)

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type | FunctionType | BuiltinFunctionType):
            if isinstance(obj, FunctionType) and "<lambda>" in obj.__qualname__:
                return lost_factory, ()  # see `found_factories`
            _check(obj.__module__, obj.__qualname__, obj)
            return NotImplemented
        reducer = _reducer(type(obj))  # type: ignore[arg-type]
        reduced = reducer(obj, self.owners) if reducer is not None else None
        return NotImplemented if reduced is None else reduced


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        _check(module, name, found)
        return found

    def persistent_load(self, pid: Any) -> Any:
        module, service, account, region = pid
        return backends_of(module, service)[account][region]


@cache
def _reducer(kind: type) -> Reducer | None:
    names = ((base.__module__, base.__qualname__) for base in kind.__mro__)
    return next((_reducers[name] for name in names if name in _reducers), None)


def _check(module: str, name: str, found: Any) -> None:
    ours = module.startswith(_OURS)
    if isinstance(found, type):
        inside = found.__module__ == module or module == "builtins"
        if inside and (ours or module in _MODULES or module.startswith("moto.")):
            return
    elif (module, name) in _FUNCTIONS or (ours and "." not in name and found.__module__ == module):
        return
    raise NotKept(f"{module}.{name}")


def _backend_id(obj: Any) -> Any:
    from moto.core.base_backend import BaseBackend

    if not isinstance(obj, BaseBackend):
        return None
    for name, backends in vars(_module(type(obj).__module__)).items():
        if name.endswith("_backends") and obj is _there(backends, obj):
            return type(obj).__module__, backends.service_name, obj.account_id, obj.region_name
    raise NotKept(type(obj).__qualname__)


def _there(backends: Any, backend: Any) -> Any:
    return dict.get(dict.get(backends, backend.account_id, {}), backend.region_name)


@cache
def _module(name: str) -> Any:
    import importlib

    if not name.startswith("moto."):
        raise NotKept(name)
    return importlib.import_module(name)


def backends_of(module: str, service: str) -> Any:
    """moto's backends of a service by account and region. Raises NotKept."""
    for name, found in vars(_module(module)).items():
        if name.endswith("_backends") and getattr(found, "service_name", "") == service:
            return found
    raise NotKept(f"{module} of {service}")


# -- what cannot be written as it is


def lost_factory() -> Any:
    """In place of a defaultdict's function that has no name: None."""
    return None


def find_factories(attributes: dict[str, Any], fresh: Any) -> None:
    """Give defaultdicts among the attributes the functions that those of a fresh object have."""
    for name, value in attributes.items():
        if isinstance(value, defaultdict) and value.default_factory is None:
            value.default_factory = getattr(fresh.__dict__.get(name), "default_factory", None)


def blank(kind: type) -> Any:
    """An object of a class that still has no attributes."""
    return object.__new__(kind)


def lock(reentrant: bool) -> Any:
    """A new lock for one that was only of use in memory."""
    return threading.RLock() if reentrant else threading.Lock()


def condition() -> Any:
    """The same for a condition."""
    return threading.Condition()


def expression(pattern: str, flags: int) -> Any:
    """A regular expression: what `re` writes of it is a function that is not ours."""
    return re.compile(pattern, flags)


teach("re", "Pattern", lambda obj, owners: (expression, (obj.pattern, obj.flags)))
teach("_thread", "lock", lambda obj, owners: (lock, (False,)))
teach("_thread", "RLock", lambda obj, owners: (lock, (True,)))
teach("threading", "Condition", lambda obj, owners: (condition, ()))
