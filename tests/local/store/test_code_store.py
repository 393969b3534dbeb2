"""Archives: kept by hash, unpacked safely, made the same from the same folder."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from endpoint_lab import zipped

from workbench.local.errors import ApiError
from workbench.local.store import zips
from workbench.local.store.code import CodeStore

UNZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


@pytest.fixture
def store(tmp_path: Path) -> CodeStore:
    return CodeStore(tmp_path / "code")


def link(name: str, target: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, target)
        archive.writestr("real.txt", "x")
    return buffer.getvalue()


def test_keeps_an_archive_by_its_hash(store: CodeStore) -> None:
    archive = zipped({"a/b.py": "x"})
    snapshot = store.save(archive)
    digest = hashlib.sha256(archive)
    assert (snapshot.sha256, snapshot.size) == (digest.hexdigest(), len(archive))
    assert snapshot.code_sha256 == base64.b64encode(digest.digest()).decode()
    assert (store.folder(snapshot.sha256) / "a/b.py").read_text() == "x"
    assert store.archive(snapshot.sha256).read_bytes() == archive
    assert store.save(archive) == snapshot
    store.collect(set())
    assert list(store.root.iterdir()) == []


REFUSED = {
    "no archive": b"nothing like it",
    "cut off": zipped({"x": "y" * 100})[:-30],
    "up": zipped({"../out": "x"}),
    "down and up": zipped({"a/../../out": "x"}),
    "absolute": zipped({"/etc/out": "x"}),
    "absolute link": link("out", "/etc/passwd"),
    "link up": link("out", "../../x"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refuses_what_is_no_zip_or_leaves_its_folder(store: CodeStore, what: str) -> None:
    with pytest.raises(ApiError) as refused:
        store.save(REFUSED[what])
    assert refused.value.message == UNZIP
    assert list(store.root.iterdir()) == []
    assert not (store.root.parent / "out").exists()


def test_refuses_zip_bombs(store: CodeStore) -> None:
    with pytest.raises(ApiError) as refused:
        store.save(zipped({f"{n}": b"\0" * 27_000_000 for n in range(10)}))
    assert refused.value.message == "Unzipped size must be smaller than 262144000 bytes"
    with pytest.raises(ApiError) as refused:
        store.save(b"\0" * (zips.MAX_ZIPPED + 1))
    assert refused.value.status == 413


def test_links_that_stay_inside_work(store: CodeStore) -> None:
    folder = store.folder(store.save(link("inside", "real.txt")).sha256)
    assert (folder / "inside").read_text() == "x"


def test_a_folder_packs_the_same_whenever_it_is_the_same(tmp_path: Path, store: CodeStore) -> None:
    folder = tmp_path / "function"
    for name in ("b.py", "a/c.py", "__pycache__/b.pyc", ".git/config"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "bootstrap").write_text("#!/bin/sh")
    (folder / "bootstrap").chmod(0o755)
    first = store.measure(folder)
    os.utime(folder / "b.py", (1, 1))
    assert store.measure(folder) == first
    assert store.save_folder(folder) == first
    unpacked = store.folder(first.sha256)
    assert sorted(str(path.relative_to(unpacked)) for path in unpacked.rglob("*.*")) == [
        "a/c.py",
        "b.py",
    ]
    assert os.access(unpacked / "bootstrap", os.X_OK)
    (folder / "b.py").write_text("other")
    assert store.measure(folder) != first
