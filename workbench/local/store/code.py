"""The code store: every archive ever deployed, by the SHA-256 of its bytes, and its folder.

`code/<sha256 hex>.zip` is what was uploaded, `code/<sha256 hex>/` what runs. Both appear
whole or not at all. Linked folders are measured here too (lambda-facts §4.3: CodeSha256 and
CodeSize are those of the zip's bytes).
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from workbench.local.store import zips


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An archive in the store: SHA-256 as hex, size in bytes."""

    sha256: str
    size: int

    @property
    def code_sha256(self) -> str:
        """The SHA-256 as AWS shows it: base64."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()


class CodeStore:
    """Archives and folders under `root`. Safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._measured: dict[Path, tuple[str, Snapshot]] = {}
        self._lock = threading.Lock()

    def folder(self, sha256: str) -> Path:
        """Where the archive `sha256` (hex) is unpacked."""
        return self.root / sha256

    def archive(self, sha256: str) -> Path:
        """The archive itself."""
        return self.root / f"{sha256}.zip"

    def save(self, archive: bytes, limit: int = zips.MAX_ZIPPED) -> Snapshot:
        """Keep a zip of at most `limit` bytes and unpack it. Raises ApiError (lambda-facts §4.6
        no. 33) for a bad one."""
        snapshot = Snapshot(hashlib.sha256(archive).hexdigest(), len(archive))
        folder, kept = self.folder(snapshot.sha256), self.archive(snapshot.sha256)
        if not folder.exists():
            temporary = self.root / f"new-{uuid.uuid4().hex}"
            zips.unpack(archive, temporary, limit)
            self._rename(temporary, folder)
        if not kept.exists():
            new = self.root / f"new-{uuid.uuid4().hex}.zip"
            new.write_bytes(archive)
            new.replace(kept)
        return snapshot

    def save_folder(self, folder: Path) -> Snapshot:
        """Freeze what `folder` holds now."""
        return self.save(zips.pack(folder))

    def measured(self, folder: Path) -> Snapshot | None:
        """What `measure` last said of `folder`, without looking at it again."""
        known = self._measured.get(folder)
        return known[1] if known else None

    def measure(self, folder: Path) -> Snapshot:
        """The hash and size `folder` would have if it were frozen now; packs it only when a file
        changed since the last time."""
        stamp = zips.stamp(folder)
        with self._lock:
            known = self._measured.get(folder)
            if known is None or known[0] != stamp:
                archive = zips.pack(folder)
                snapshot = Snapshot(hashlib.sha256(archive).hexdigest(), len(archive))
                self._measured[folder] = known = (stamp, snapshot)
            return known[1]

    def forget(self, folder: Path) -> None:
        """Files of `folder` changed: `measured` has nothing to say of it any more."""
        self._measured.pop(folder, None)

    def collect(self, in_use: set[str]) -> None:
        """Remove archives that no version needs, and leftovers of a kill."""
        for path in self.root.iterdir():
            if path.name.removesuffix(".zip") not in in_use:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    @staticmethod
    def _rename(temporary: Path, folder: Path) -> None:
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            shutil.rmtree(temporary, ignore_errors=True)  # another upload of the same was first
