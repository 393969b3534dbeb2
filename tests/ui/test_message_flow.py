"""Which messages a key leads to, in their order."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from screen_lab import Hands, at_screen
from textual.message import Message


@contextlib.asynccontextmanager
async def overheard(root: Path) -> AsyncIterator[tuple[Hands, list[str]]]:
    """The screen, and the names of our own messages as they are dealt with, each once in a row."""
    heard: list[str] = []

    def hear(message: Message) -> None:
        kind = type(message)
        ours = kind.__module__.startswith("workbench.ui") and ".widgets." not in kind.__module__
        if ours and heard[-1:] != [kind.__qualname__]:
            heard.append(kind.__qualname__)

    async with at_screen(root, hook=hear) as hands:
        yield hands, heard


def among(wanted: list[str], heard: list[str]) -> bool:
    """Whether messages came in that order, others between them."""
    rest = iter(heard)
    return all(name in rest for name in wanted)


async def test_from_the_start_to_an_answer(shop: Path) -> None:
    async with overheard(shop) as (hands, heard):
        await hands.on_function("Echo")
        assert among(["HeaderChanged", "Connected", "FunctionsPane.Listed"], heard), heard
        assert among(["ProjectRead", "FunctionChosen"], heard), heard
        heard.clear()
        await hands.invokes()
        await hands.sees(lambda: "Recorded" in heard, "the history told")
        await hands.sees(lambda: "LogsPane.Batch" in heard, "its lines")
        assert among(["InvocationDone", "Recorded"], heard), heard
        assert among(["ServerEvent", "Recorded"], heard), heard
        heard.clear()
        await hands.press("ctrl+r")
        await hands.sees(lambda: "InvocationDone" in heard, "the answer to the same event")
        heard.clear()
        await hands.press("6", "enter")
        await hands.sees(lambda: "ShowInvocation" in heard, "an answer of the history")
        assert "InvocationDone" not in heard
        heard.clear()
        hands.screen.event.load_text("{", "")
        await hands.press("ctrl+j")
        await hands.sees(lambda: "Say" in heard, "a sentence")
        assert not {"InvocationDone", "InvocationFailed"} & set(heard)
