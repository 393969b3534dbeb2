"""One container, as a function's process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.local.containers.leftovers import new_name
from workbench.local.containers.tool import ContainerTool, ToolError
from workbench.local.runtime.faults import Fault
from workbench.local.runtime.launchers import OnExit

_LOOK_AGAIN_S = 0.02
_SIGNALLED = 128  # exit statuses from here on tell the signal that ended it


class ContainerProcess:
    """Creates a container, starts it, and removes it when it has ended or was killed.

    `create` are the tool's arguments up to the image, `program` is the image and what follows it,
    `variables` are for the tool. `removed` is done when nothing is left of it. With
    `shares_kernel` its process is one of this machine's, and `pid` becomes known.
    """

    def __init__(
        self,
        tool: ContainerTool,
        create: Sequence[str],
        program: Sequence[str],
        variables: Mapping[str, str],
        on_exit: OnExit,
        *,
        shares_kernel: bool,
    ) -> None:
        self.pid = 0
        self.on_exit = on_exit
        self.failure: Fault | None = None
        self._tool = tool
        self._name = new_name()
        self._create = [*create, f"--name={self._name}", *program]
        self._variables = variables
        self._shares_kernel = shares_kernel
        self._created = False
        self._killed = False
        self._obeying = asyncio.Lock()  # one after the other
        self._orders: set[asyncio.Task[None]] = set()
        self.output, self._writing = os.pipe()
        self.removed = asyncio.get_running_loop().create_task(self._run())

    def send(self, number: signal.Signals) -> None:
        self._order("kill", f"--signal={number.name}")

    def kill(self) -> None:
        if not self._killed:
            self._killed = True
            self._order("rm", "--force", "--volumes")

    def _order(self, *command: str) -> None:
        """Give the tool an order about the container; nothing happens when it is gone."""
        if self._created:  # else the order would be too early
            task = asyncio.get_running_loop().create_task(self._obey(command))
            self._orders.add(task)
            task.add_done_callback(self._orders.discard)

    async def _obey(self, command: Sequence[str]) -> None:
        async with self._obeying:
            with contextlib.suppress(ToolError):
                await self._tool.run(*command, self._name)

    async def _run(self) -> None:
        code = -signal.SIGKILL
        try:
            await self._tool.run(*self._create, variables=self._variables)
            self._created = True
            if not self._killed:
                code = await self._follow()
        except ToolError as error:
            code, self.failure = 1, Fault("Runtime.InvalidEntrypoint", str(error))
        finally:
            os.close(self._writing)
        self.on_exit(code)
        if self._orders:
            await asyncio.wait(self._orders)
        await self._obey(("rm", "--force", "--volumes"))

    async def _follow(self) -> int:
        """Start it, and wait until it has ended; its exit status, negative for a signal."""
        process = await asyncio.create_subprocess_exec(
            *(self._tool.program, "start", "--attach", self._name),
            stdin=DEVNULL,
            stdout=self._writing,
            stderr=self._writing,
            start_new_session=True,  # ctrl-C at the terminal is not meant for it
        )
        looking = asyncio.create_task(self._learn_pid()) if self._shares_kernel else None
        await process.wait()
        self.pid = 0
        if looking is not None:
            looking.cancel()
        if self._killed:
            return -signal.SIGKILL
        state = await self._state()
        code = int(state.get("ExitCode", -signal.SIGKILL))
        if state.get("OOMKilled"):
            self.failure = Fault("Runtime.OutOfMemory", "Runtime exited with error: signal: killed")
        elif state.get("Error"):
            self.failure = Fault("Runtime.InvalidEntrypoint", str(state["Error"]))
        return _SIGNALLED - code if _SIGNALLED < code < _SIGNALLED + signal.NSIG else code

    async def _learn_pid(self) -> None:
        while not self.pid:
            state = await self._state()
            if state.get("Running"):
                self.pid = int(state["Pid"])
            else:
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _state(self) -> dict[str, Any]:
        try:
            command = ("container", "inspect", "--format", "{{json .State}}", self._name)
            state: dict[str, Any] = json.loads(await self._tool.run(*command))
        except ToolError:  # it was removed
            return {}
        return state
