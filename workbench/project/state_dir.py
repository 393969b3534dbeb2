"""Where a project keeps what the workbench remembers: `<project>/.workbench/`."""

from __future__ import annotations

from pathlib import Path

NAME = ".workbench"
HISTORY_DB = "history.db"
METRICS_DB = "metrics.db"
TRACES_DB = "traces.db"


class StateDirError(Exception):
    """The state folder cannot be made. The message is one sentence for a person."""


class StateDir:
    """The paths under `<root>/.workbench/`.

    Making a StateDir touches nothing. Asking for any of its paths creates the folder, with a
    `.gitignore` that keeps all of it out of the project's commits; files and subfolders are made
    by whoever writes them. Each property raises StateDirError when the folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._path = self.root / NAME
        self._created = False

    @property
    def exists(self) -> bool:
        """Whether the folder is there already. Creates nothing."""
        return self._path.is_dir()

    @property
    def path(self) -> Path:
        """The folder itself, created when missing."""
        if not self._created:
            try:
                self._path.mkdir(parents=True, exist_ok=True)
                ignore = self._path / ".gitignore"
                if not ignore.exists():
                    ignore.write_text("*\n", encoding="utf-8")
            except OSError as error:
                raise StateDirError(
                    f"Cannot keep state in {self._path}: {error.strerror or error}. "
                    "Make the project folder writable."
                ) from error
            self._created = True
        return self._path

    @property
    def history_db(self) -> Path:
        """Every invocation made from here, see `history.History`."""
        return self.path / HISTORY_DB

    @property
    def code(self) -> Path:
        """The content-addressed code store: `<sha256 hex>/` and `<sha256 hex>.zip`."""
        return self.path / "code"

    @property
    def dependencies(self) -> Path:
        """Installed third-party packages, one folder a set, see `dependencies.needed`."""
        return self.path / "dependencies"

    @property
    def previous_code(self) -> Path:
        """Packages that updates of code on AWS replaced, see `aws.code_update`."""
        return self.path / "previous"

    @property
    def audit_log(self) -> Path:
        """What was changed on AWS from here, see `audit_log`."""
        return self.path / "audit.log"

    @property
    def bridges(self) -> Path:
        """What bridges have made and not removed yet, see `bridge_records`."""
        return self.path / "bridges"

    @property
    def server_json(self) -> Path:
        """Where the running local Lambda says how to reach it, see `server_process`."""
        return self.path / "server.json"

    @property
    def server_log(self) -> Path:
        """What the local Lambda's process printed."""
        return self.path / "server.log"

    @property
    def server_lock(self) -> Path:
        """Held while a local Lambda is being started, so that two screens start one."""
        return self.path / "server.lock"
