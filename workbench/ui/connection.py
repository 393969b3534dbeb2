"""Which target the screen speaks to, and the way there."""

from __future__ import annotations

import time
from pathlib import Path

from textual.message import Message
from textual.message_pump import MessagePump

from workbench.samples import BASICS, copy_sample_functions
from workbench.ui import backend as backends
from workbench.ui import work
from workbench.ui.keys import key_of
from workbench.ui.messages import (
    Connected,
    ConnectionFailed,
    HeaderChanged,
    OpenProject,
    ProjectRead,
    Say,
    ServerEvent,
)
from workbench.ui.sample_picker import sample_folder
from workbench.ui.session import Session
from workbench.ui.target_picker import AwsChoice
from workbench.ui.work import Job, failure, in_thread


class Connection:
    """Finds the project's functions, starts the local Lambda, changes targets.

    What comes of it is posted to `node`.
    """

    def __init__(self, node: MessagePump, session: Session) -> None:
        self._node = node
        self._session = session
        self._doing = "starting the local Lambda …"
        self._to_aws = False
        self._lost = False

    def begin(self) -> None:
        """Read the project and go to the local Lambda, at the same time."""
        self.read_project()
        self.to_local()

    def read_project(self) -> None:
        """Find the functions in the folder."""
        root = self._session.root

        def read(job: Job) -> Message:
            from workbench.project.discover import discover  # Late: PyYAML costs 30 ms.

            return ProjectRead(discover(root))

        in_thread(self._node, "project", read)

    def to_local(self) -> None:
        """Find or start the local Lambda."""
        self._doing = "starting the local Lambda …"
        root, code_root = self._session.root, self._code_root
        self._connect(lambda: backends.connect_local(root, code_root), aws=False)

    def to_aws(self, profile: str | None, region: str) -> None:
        """Reach AWS; the present target stays until that has worked."""
        self._doing = f"reaching AWS {region} …"
        root, code_root = self._session.root, self._code_root
        self._connect(lambda: backends.connect_aws(root, code_root, profile, region), aws=True)

    def reach(self, choice: AwsChoice | None) -> backends.Backend:
        """Another target beside the present one; None is the local Lambda. Blocks."""
        root, code_root = self._session.root, self._code_root
        if choice is None:
            return backends.connect_local(root, code_root)
        return backends.connect_aws(root, code_root, choice.profile, choice.region)

    def _connect(self, connect: backends.Connect, *, aws: bool) -> None:
        def run(job: Job) -> Message:
            try:
                return Connected(connect())
            except Exception as error:
                return ConnectionFailed(failure("", error).sentence, aws)

        self._to_aws, self._lost = aws, False
        self._node.post_message(HeaderChanged())
        in_thread(self._node, "connect", run)

    def lost(self) -> None:
        """The local Lambda went away: start it again, but keep nobody from reaching AWS."""
        if self._doing and self._to_aws:
            self._lost = True
        else:
            self.to_local()

    def listen(self) -> None:
        """The target has changed: hear what happens at the local Lambda, or nothing on AWS."""
        self._doing = ""
        work.stop(self._node, "server events")
        self._session.activity.clear()
        backend = self._session.backend
        if backend is None or not backend.is_local:
            self._session.watching = False
            self._node.post_message(HeaderChanged())
            return

        activity = self._session.activity

        def hear(job: Job) -> None:
            for event in backend.events(job.stop):
                if event.kind == "connected":
                    activity.begin(backend.environments(), time.time())
                    for kind, data in backend.standing():
                        job.post(ServerEvent(kind, data))
                elif event.kind in ("environment", "invocation"):
                    # A burst ends thousands a second, which as messages would hold up every key.
                    if activity.heard(event.kind, event.data):
                        job.post(ServerEvent(event.kind, event.data))
                else:
                    job.post(ServerEvent(event.kind, event.data))

        in_thread(self._node, "server events", hear)
        self._node.post_message(HeaderChanged())

    def failed(self) -> None:
        """The target that was asked for cannot be reached; the one before stays."""
        self._doing = ""
        if self._lost:
            self.to_local()

    def open_demo(self, name: str = BASICS) -> None:
        """Copy the sample functions to ./workbench-demo, or a sample application to
        ./workbench-NAME, and open them."""
        root = self._session.root

        def copy(job: Job) -> Message:
            folder = root / sample_folder(name)
            copy_sample_functions(folder, name)
            return OpenProject(folder)

        self._node.post_message(Say("Copying the sample functions …"))
        in_thread(self._node, "demo", copy)

    def words(self) -> str:
        """The line at the top of the screen."""
        session, backend = self._session, self._session.backend
        parts = [f"λ {session.root.name}"]
        if backend is None:
            key = key_of(self._node.app, "screen.target")
            parts.append(self._doing or f"no target: {key} chooses one")
            return "  ·  ".join(parts)
        target = backend.target
        if backend.is_local:
            parts += ["local Lambda ready", target.region]
            if session.watching:
                parts.append("watching")
            if session.time_scale != 1:
                parts.append(f"▲ waits are 1/{session.time_scale:g}")
            if session.credentials:
                parts.append(f"▲ functions act as AWS profile {session.credentials}")
            # Last, as the list tells it too: what is unusual has to be seen in 80 columns.
            count = len(session.functions)
            parts.append("1 function" if count == 1 else f"{count:,} functions")
        else:
            parts.append(f"AWS {target.account or ''} {target.region}")
            if backend.is_production(session.function or ""):
                parts.insert(1, "▲ production")
            if target.profile:
                parts.append(f"profile {target.profile}")
            parts.append("read-only")
            parts.append("hot reload is off on AWS")
        if self._doing:
            parts.append(self._doing)
        return "  ·  ".join(parts)

    def _code_root(self, function: str) -> Path | None:
        source = self._session.source(function)
        return source.code if source else None
