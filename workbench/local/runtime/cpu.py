"""The share of a processor that a function's memory buys, by Linux's control groups (§10.1).

For teaching: a function of 128 MB has a fourteenth of a processor, as on AWS. Initialisation is not
limited, AWS gives it more too.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path

MB_OF_A_PROCESSOR = 1769
_PERIOD_US = 20_000
_LEAST_US = 1_000  # the kernel takes no less
_HOW = (
    "CPU limits need a control group that this user may divide ({why}). With systemd: "
    "systemd-run --user --scope -p Delegate=yes workbench serve --cpu-limits"
)


class CpuLimitsError(Exception):
    """Processes cannot be limited here. `str()` is a sentence for a person."""


def quota_us(memory_size: int) -> int:
    """Microseconds of processor time in each period for a function of `memory_size` MB."""
    return max(_LEAST_US, memory_size * _PERIOD_US // MB_OF_A_PROCESSOR)


class CpuLimits:
    """Limits processes of environments. Raises CpuLimitsError where that is impossible.

    `mounts` and `own` are what /proc/self/mounts and /proc/self/cgroup say. Its methods write to
    the kernel, which may take milliseconds; any thread may call them.
    """

    def __init__(self, mounts: str = "", own: str = "") -> None:
        self._lock = threading.Lock()
        mounts = mounts or _read("/proc/self/mounts")
        own = own or _read("/proc/self/cgroup")
        try:
            parent, self._unified = _own_group(mounts, own)
            if self._unified:
                _divide(parent)
            self._folder = parent / f"workbench-{os.getpid()}"
            self._folder.mkdir(exist_ok=True)
            if self._unified:
                (self._folder / "cgroup.subtree_control").write_text("+cpu")
            self._set_quota(self._folder / "probe", 128)
        except OSError as error:
            why = f"{error.filename}: {error.strerror}"
            raise CpuLimitsError(_HOW.format(why=why)) from error

    def limit(self, environment: str, memory_size: int, processes: Iterable[int]) -> None:
        """Give the processes of an environment, by its id, the share of `memory_size` MB."""
        with self._lock:  # a group that has no process yet is not to be cleaned away
            self._clean()
            folder = self._folder / environment
            self._set_quota(folder, memory_size)
            for pid in processes:
                with contextlib.suppress(ProcessLookupError):
                    (folder / "cgroup.procs").write_text(str(pid))

    def _set_quota(self, folder: Path, memory_size: int) -> None:
        folder.mkdir(exist_ok=True)
        quota = quota_us(memory_size)
        if self._unified:
            (folder / "cpu.max").write_text(f"{quota} {_PERIOD_US}")
        else:
            (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))

    def _clean(self) -> None:
        for folder in self._folder.iterdir():
            if folder.is_dir():
                with contextlib.suppress(OSError):  # it has processes
                    folder.rmdir()

    def close(self) -> None:
        """Remove the groups of environments that are gone."""
        self._clean()
        with contextlib.suppress(OSError):
            self._folder.rmdir()


def _own_group(mounts: str, own: str) -> tuple[Path, bool]:
    """The group this process is in, and whether it is of version 2, where that rules processors."""
    groups = dict(line.split(":", 2)[1:] for line in own.splitlines())
    for kind, unified in (("cgroup", False), ("cgroup2", True)):
        for line in mounts.splitlines():
            _, place, found, options, *_ = line.split(" ")
            if found != kind:
                continue
            if unified:
                folder = Path(place + groups.get("", "/"))
                if "cpu" in _read(str(folder / "cgroup.controllers")).split():
                    return folder, True
            elif "cpu" in options.split(","):
                name = next((n for n in groups if "cpu" in n.split(",")), "")
                return Path(place + groups.get(name, "/")), False
    raise OSError(0, "no group rules processors", "/sys/fs/cgroup")


def _divide(parent: Path) -> None:
    """Let groups below `parent` rule processors: then no process may be in `parent` itself."""
    control = parent / "cgroup.subtree_control"
    if "cpu" in control.read_text().split():
        return
    ours = parent / "workbench-server"
    ours.mkdir(exist_ok=True)
    (ours / "cgroup.procs").write_text(str(os.getpid()))
    control.write_text("+cpu")


def _read(path: str) -> str:
    return Path(path).read_text()
