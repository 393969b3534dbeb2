"""All that the local Lambda keeps on disk, in one place: `<state>/state.db`, `logs.db`, `code/`."""

from __future__ import annotations

from workbench.local.config import ServerConfig
from workbench.local.store import async_events, functions
from workbench.local.store.async_events import AsyncEvents
from workbench.local.store.code import CodeStore
from workbench.local.store.database import open_database
from workbench.local.store.functions import Functions
from workbench.local.store.logs import LogStore

SCHEMA_VERSION = 1


class Store:
    """Opens (and creates) the state folder. Raises StateError when it cannot be used.

    `functions`, `async_events`: the event loop's thread only. `code`, `logs`: any thread.
    """

    def __init__(self, config: ServerConfig) -> None:
        state = config.state
        schema = functions.SCHEMA + async_events.SCHEMA
        self._db = open_database(state / "state.db", schema, SCHEMA_VERSION)
        self.functions = Functions(self._db, config)
        self.async_events = AsyncEvents(self._db)
        self.code = CodeStore(state / "code")
        self.logs = LogStore(state / "logs.db", group_bytes=config.log_group_bytes)

    def close(self) -> None:
        """Write what is pending and close the files."""
        self.logs.close()
        self._db.close()
