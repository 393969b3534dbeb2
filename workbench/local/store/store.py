"""All that the local Lambda keeps on disk, in one place: `<state>/state.db`, `logs.db`, `code/`."""

from __future__ import annotations

from workbench.local.config import ServerConfig
from workbench.local.store import (
    async_events,
    attachments,
    code_signing,
    deliveries,
    event_sources,
    front_ports,
    functions,
    layers,
    subscription_filters,
)
from workbench.local.store.async_events import AsyncEvents
from workbench.local.store.attachments import Attachments
from workbench.local.store.code import CodeStore
from workbench.local.store.code_signing import CodeSigningConfigs
from workbench.local.store.database import open_database
from workbench.local.store.deliveries import Deliveries
from workbench.local.store.event_sources import EventSourceMappings
from workbench.local.store.front_ports import FrontPorts
from workbench.local.store.functions import Functions
from workbench.local.store.layers import Layers
from workbench.local.store.logs import LogStore
from workbench.local.store.subscription_filters import SubscriptionFilters

SCHEMA_VERSION = 4


class Store:
    """Opens (and creates) the state folder. Raises StateError when it cannot be used.

    `code` and `logs` may be used from any thread, the rest from the event loop's only.
    """

    def __init__(self, config: ServerConfig) -> None:
        state = config.state
        parts = (
            functions,
            attachments,
            layers,
            code_signing,
            async_events,
            deliveries,
            event_sources,
            front_ports,
            subscription_filters,
        )
        schema = "".join(part.SCHEMA for part in parts)
        self._db = open_database(state / "state.db", schema, SCHEMA_VERSION)
        self.functions = Functions(self._db, config)
        self.attachments = Attachments(self._db)
        self.layers = Layers(self._db)
        self.code_signing_configs = CodeSigningConfigs(self._db)
        self.async_events = AsyncEvents(self._db)
        self.deliveries = Deliveries(self._db)
        self.event_source_mappings = EventSourceMappings(self._db)
        self.front_ports = FrontPorts(self._db)
        self.subscription_filters = SubscriptionFilters(self._db)
        self.code = CodeStore(state / "code")
        self.logs = LogStore(state / "logs.db", group_bytes=config.log_group_bytes)

    def collect_code(self) -> None:
        """Remove archives that neither a function nor a layer needs any more."""
        self.code.collect(self.functions.code_in_use() | self.layers.code_in_use())

    def close(self) -> None:
        """Write what is pending and close the files."""
        self.logs.close()
        self._db.close()
