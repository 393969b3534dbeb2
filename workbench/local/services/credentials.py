"""The credentials functions get: ones that mean nothing, or those of a profile, if asked for."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable

from workbench.local.own_process import HOME
from workbench.local.services import credentials_process
from workbench.local.services.settings import LOCAL_CREDENTIALS

_BEFORE_THE_END = 300.0  # seconds for which given credentials are still good
_TRY_AGAIN = 60.0


class CredentialsError(Exception):
    """A profile has no usable credentials. The message is for a person."""


class FunctionCredentials:
    """`variables` are the credentials now. With a `profile` they are renewed before they expire;
    `renewed` and `failed` (with a sentence) tell of it."""

    def __init__(
        self,
        profile: str | None,
        renewed: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        self.variables = dict(LOCAL_CREDENTIALS)
        self._profile = profile
        self._renewed = renewed
        self._failed = failed
        self._renewing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Get the profile's credentials, if there is one. Raises CredentialsError."""
        if self._profile is not None:
            seconds = await self._get(self._profile)
            if seconds is not None:
                self._renewing = asyncio.create_task(self._renew(self._profile, seconds))

    async def close(self) -> None:
        """Renew them no longer."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)

    async def _renew(self, profile: str, seconds: float | None) -> None:
        while seconds is not None:
            await asyncio.sleep(max(_TRY_AGAIN, seconds - _BEFORE_THE_END))
            try:
                seconds = await self._get(profile)
                self._renewed()
            except CredentialsError as error:
                self._failed(f"Functions' credentials are not renewed: {error}")
                seconds = _TRY_AGAIN

    async def _get(self, profile: str) -> float | None:
        """Take over the profile's credentials; for how many seconds they are good."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", credentials_process.__name__, profile),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=HOME,
        )
        out, complaint = await process.communicate()
        if process.returncode != 0:
            lines = complaint.decode(errors="replace").strip().splitlines()
            raise CredentialsError(lines[-1] if lines else f"The profile {profile} has none.")
        told = json.loads(out)
        self.variables.clear()
        self.variables.update(told["Variables"])
        seconds: float | None = told["Seconds"]
        return seconds
