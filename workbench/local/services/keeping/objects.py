"""Objects of the embedded S3 on disk: what is known of each in a part, its bytes in a file.

moto changes an object also after it has put it into its bucket. So which ones a request touches is
remembered, and they are kept when it is over.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import cache, partial, wraps
from pathlib import Path
from typing import Any

from workbench.local.http.messages import Request
from workbench.local.services.keeping import keep, pickles
from workbench.local.services.keeping.forget import OBJECTS

_PIECE = 1024 * 1024

_here = threading.local()


def teach() -> None:
    """Have buckets written without their objects, which are kept one by one, and objects without
    their bytes."""
    pickles.teach("moto.s3.utils", "_VersionedKeyStore", _objects)
    pickles.teach("moto.s3.models", "FakeBucket", _bucket)
    pickles.teach("moto.s3.models", "FakeKey", _object)


@cache
def correct() -> None:
    """Make moto's buckets tell which objects change. Loads that part of moto."""
    from moto.s3 import utils

    store: Any = utils._VersionedKeyStore
    for name in ("__setitem__", "setlist", "pop"):
        setattr(store, name, _telling(getattr(store, name)))


def _telling(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def change(self: Any, key: str, *given: Any) -> Any:
        touched: list[tuple[Any, str]] | None = getattr(_here, "touched", None)
        if touched is not None:
            touched.append((self, key))
        return original(self, key, *given)

    return change


@contextlib.contextmanager
def kept_after(request: Request) -> Iterator[None]:
    """A request to S3 is answered inside; what it touched is kept at the end."""
    correct()
    touched: list[tuple[Any, str]] = []
    _here.touched = touched
    try:
        yield
    finally:
        _here.touched = None
        if request.method not in ("GET", "HEAD"):
            touched += _named_by(request)
        kept = keep.current()
        if kept is not None:
            for objects, key in {(id(store), key): (store, key) for store, key in touched}.values():
                _keep_object(kept, objects, key)


def _named_by(request: Request) -> Iterator[tuple[Any, str]]:
    """The object that the path names: its tags, rights or locks may be changed in their place."""
    from urllib.parse import unquote

    from moto.s3.models import s3_backends

    backend: Any
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    for _, _, backend in s3_backends.iter_backends() if key else ():
        if bucket in backend.buckets and key in backend.buckets[bucket].keys:
            yield backend.buckets[bucket].keys, key


def _keep_object(kept: keep.Keep, objects: Any, key: str) -> None:
    owner = keep.owner_of(objects)
    while owner is not None:
        for version in list(objects.getlist(key) or ()):
            _store(kept, version)  # without the lock: it may be large
        with kept.lock:
            versions = list(objects.getlist(key) or ())
            if not all(map(_is_stored, versions)):
                continue  # another request has just put it
            bodies = {version.kept_body for version in versions if hasattr(version, "kept_body")}
            known: dict[str, set[str]] = objects.__dict__.setdefault("kept_bodies", {})
            gone = known.pop(key, set()) - bodies
            if versions:
                known[key] = bodies
            kept.put((owner, key, pickles.dumps(versions)[0] if versions else None))
            if gone:
                kept.afterwards(partial(_remove, kept, gone))
            return


def _is_stored(version: Any) -> bool:
    """Whether the file is written; a delete marker needs none."""
    return isinstance(version.__dict__.get("_value_buffer"), StoredBody | type(None))


def _store(kept: keep.Keep, version: Any) -> None:
    """Have the bytes of an object in a file and no longer in memory."""
    if _is_stored(version):
        return
    with version.lock:
        buffer = version._value_buffer
        if isinstance(buffer, StoredBody):
            return
        name = uuid.uuid4().hex
        path = _path(kept, name)
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            buffer.seek(0)
            while piece := buffer.read(_PIECE):
                file.write(piece)
        version.kept_body = name
        version._value_buffer = StoredBody(path)
        buffer.close()


def _remove(kept: keep.Keep, names: set[str]) -> None:
    for name in names:
        _path(kept, name).unlink(missing_ok=True)


def _path(kept: keep.Keep, name: str) -> Path:
    return kept.folder / OBJECTS / name


class StoredBody:
    """The bytes of an object, read from their file when they are wanted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0

    def seek(self, place: int) -> None:
        """Read from there on."""
        self._place = place

    def read(self, size: int = -1) -> bytes:
        """The next bytes, or all that follow."""
        with self._path.open("rb") as file:
            file.seek(self._place)
            data = file.read(size)
        self._place += len(data)
        return data

    def close(self) -> None:
        """The object is not needed any more; the file is removed when that is on disk."""


# -- written and read


def _objects(objects: Any, owners: set[str]) -> pickles.Reduced:
    name, kept = keep.owner_of(objects), keep.current()
    if name is None and kept is not None:
        name = keep.name_owner(objects)
        for key in list(objects):  # that came before the bucket was kept
            _keep_object(kept, objects, key)
    if name is not None:
        owners.add(name)
    return objects_again, (name,)


def objects_again(name: str) -> Any:
    """A bucket's objects as they were kept."""
    from moto.s3.utils import _VersionedKeyStore

    objects: Any = _VersionedKeyStore()
    keep.name_owner(objects, name)
    kept = keep.current()
    known = objects.kept_bodies = {}
    for key, value in kept.parts(name) if kept is not None else ():
        versions = pickles.loads(value)
        dict.__setitem__(objects, key, versions)
        known[key] = {v.kept_body for v in versions if "kept_body" in v.__dict__}
    return objects


def _bucket(bucket: Any, owners: set[str]) -> pickles.Reduced:
    state = {**bucket.__dict__, "multiparts": type(bucket.multiparts)()}
    return pickles.blank, (type(bucket),), state


def _object(version: Any, owners: set[str]) -> pickles.Reduced:
    left_out = ("_value_buffer", "lock")
    state = {name: value for name, value in vars(version).items() if name not in left_out}
    return pickles.blank, (type(version),), state, None, None, object_again


def object_again(version: Any, state: dict[str, Any]) -> None:
    """Make it as it was kept. A part of an upload has no bytes any more."""
    import io

    version.__dict__.update(state)
    version.lock = threading.Lock()
    kept, name = keep.current(), state.get("kept_body")
    if kept is None or name is None:
        version._value_buffer = io.BytesIO()
    else:
        version._value_buffer = StoredBody(_path(kept, name))


def sweep(kept: keep.Keep) -> None:
    """Remove the files of objects that there are not."""
    folder = kept.folder / OBJECTS
    if not folder.is_dir():
        return
    from moto.s3.models import s3_backends

    there: set[str] = set()
    backend: Any
    for _, _, backend in s3_backends.iter_backends():
        for bucket in backend.buckets.values():
            there.update(*bucket.keys.__dict__.get("kept_bodies", {}).values())
    for file in folder.iterdir():
        if file.name not in there:
            file.unlink(missing_ok=True)
