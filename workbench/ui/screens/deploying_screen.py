"""The canaries that the screen carries out: begun, shown, and left when it quits.

Screens and forms that are opened from here are imported then: few sessions need them, and each
costs 8 ms.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work

from workbench.ui.backend import Backend
from workbench.ui.canaries import Canaries, CanaryChanged, CanaryLeft, outcome
from workbench.ui.panes.versions import OpenCanary
from workbench.ui.screens.invoking_screen import InvokingScreen
from workbench.ui.session import Session
from workbench.ui.widgets.dialogs import Confirm
from workbench.ui.work import dialog, in_background

if TYPE_CHECKING:
    from workbench.aws.deploying.traffic_shifting import Deployment


class DeployingScreen(InvokingScreen):
    """Shifts the traffic of aliases, while one does something else."""

    def __init__(self, session: Session, memory_file: Path) -> None:
        super().__init__(session, memory_file)
        self.canaries = Canaries(self)
        self.versions.carries_out = self.canaries.is_running

    @on(OpenCanary)
    @dialog
    async def _open_canary(self, message: OpenCanary) -> None:
        backend = self.session.backend
        if backend is None:
            return
        from workbench.ui.canary_form import ask_canary

        name, alias = message.function, message.alias.name
        deployment = await in_background(lambda: self.canaries.of_alias(backend, name, alias))
        if deployment is not None:
            self._show_canary(backend, deployment)
        elif request := await ask_canary(self.app, self.session, backend, message):
            self.canaries.start(backend, request)

    def _show_canary(self, backend: Backend, deployment: Deployment) -> None:
        from workbench.ui.screens.canary import CanaryScreen

        self.app.push_screen(CanaryScreen(backend, self.canaries, deployment))

    @on(CanaryChanged)
    def _canary_changed(self, message: CanaryChanged) -> None:
        backend, deployment = self.session.backend, message.deployment
        is_new = deployment.id not in self.canaries.known
        before = None if is_new else self.canaries.known[deployment.id][0]
        self.canaries.changed(message)
        self.versions.show_canary(deployment)
        here = backend is not None and backend.target.key == deployment.target
        if is_new and backend is not None and here and self.app.screen is self:
            self._show_canary(backend, deployment)
        if before is None or before.share != deployment.share:  # the alias leads elsewhere
            self.versions.load()
            self.versions.invoked()

    @on(CanaryLeft)
    def _canary_left(self, message: CanaryLeft) -> None:
        if message.deployment is not None:
            self.canaries.left(message.deployment)
            self.versions.load()
        if message.sentence:
            self.say(message.sentence, "error")
        elif message.deployment is not None:
            self.say(*outcome(message.deployment))

    @work(exclusive=True, group="quit")  # a dialog may be open, and stays if one does not quit
    async def action_quit(self) -> None:
        """Quit; everything is kept. Of a canary the traffic stays where it is."""
        if self.canaries.running:
            body = "A canary is under way. Its traffic stays as it is until you go on with it."
            if not await self.app.push_screen_wait(Confirm("Quit", body, "Quit")):
                return
        self.remember()
        self.app.exit()  # no job is waited for
