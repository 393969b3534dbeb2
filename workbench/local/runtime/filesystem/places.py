"""Where a function finds its parts: on AWS's paths, or where they are on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.local.runtime.filesystem.file_systems import RAPID, Contents
from workbench.local.runtime.records import FunctionSpec

TASK_ROOT = "/var/task"
_COVERED = ("/opt/", "/tmp/")


@dataclass(frozen=True, slots=True)
class Places:
    """Paths as the function sees them. Of `layers` the first wins; `runtime` has boto3 for
    Python, `runtime_dir` is LAMBDA_RUNTIME_DIR; `dependencies` are third-party packages that are
    not in the task root."""

    task_root: str
    layers: tuple[str, ...]
    dependencies: str | None
    node_modules: str | None
    runtime: str | None
    runtime_dir: str | None


def places(spec: FunctionSpec, packages: Path | None, *, private: bool) -> Places:
    """The paths of `spec`'s parts; `packages` is what Python's /var/runtime holds, if anything."""
    installed = spec.dependencies
    if private:
        return Places(
            TASK_ROOT,
            ("/opt",),
            "/var/dependencies" if installed else None,
            "/var/node_modules" if installed else None,
            "/var/runtime" if packages else None,
            "/var/runtime",
        )
    return Places(
        str(spec.task_root),
        tuple(str(layer) for layer in reversed(spec.layers)),
        str(installed) if installed else None,
        str(installed / "node_modules") if installed else None,
        str(packages) if packages else None,
        str(packages) if packages else None,
    )


def contents(spec: FunctionSpec, language: Path | None, *, own_code: bool = True) -> Contents:
    """What is in the file system of an environment of `spec`.

    `language` is the interpreter's folder, which has `bin` in it. Without `own_code` it is that of
    a process which stands by for the function.
    """
    mounts: list[tuple[Path, str]] = []
    if own_code:
        mounts.append((spec.task_root, TASK_ROOT))
    if spec.dependencies is not None:
        mounts.append((spec.dependencies, "/var/dependencies"))
        if (spec.dependencies / "node_modules").is_dir():
            mounts.append((spec.dependencies / "node_modules", "/var/node_modules"))
    mounts += language_mounts(language)
    return Contents(tuple(mounts), spec.layers, spec.ephemeral_storage if own_code else 512)


def language_mounts(language: Path | None) -> list[tuple[Path, str]]:
    """The mount that makes an interpreter appear where AWS has it."""
    return [(language, "/var/lang")] if language is not None else []


def language_folder(program: Path) -> Path | None:
    """The folder that can stand for /var/lang, or None for a program that must stay where it is
    (a version manager's, which looks at its own path)."""
    real = program.resolve()
    if real.parent.name != "bin" or not real.name.startswith(("python", "node")):
        return None
    return real.parent.parent


def program_path(program: Path, *, private: bool) -> str:
    """Where the interpreter `program` is."""
    language = language_folder(program) if private else None
    return str(program) if language is None else f"/var/lang/bin/{program.resolve().name}"


def bootstrap_path(bootstrap: Path, *, private: bool) -> str:
    """Where one of our bootstraps is."""
    return f"/var/rapid/{bootstrap.relative_to(RAPID)}" if private else str(bootstrap)


def libraries(program: Path | None) -> tuple[str, ...]:
    """Folders of libraries that an interpreter needs and that are covered there."""
    if program is not None and str(program.resolve()).startswith(_COVERED):
        return ("/var/lang/lib",)
    return ()
