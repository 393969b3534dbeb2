"""Makes the README's pictures from the real screen: `python tests/pictures/make.py`.

The sample functions run on a real local Lambda in a temporary folder; keys are pressed as a person
would press them, and what is on the screen then is exported as SVG beside this file.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from workbench.aws.workbench_surface import WorkbenchSurface
from workbench.project import server_process
from workbench.samples import copy_sample_functions
from workbench.ui.app import WorkbenchApp

HERE = Path(__file__).parent
PATIENCE_S = 20


async def main() -> None:
    """Make every picture."""
    for take in (wide, narrow):
        with tempfile.TemporaryDirectory() as folder:
            root = copy_sample_functions(Path(folder, "workbench-demo"))
            try:
                await take(root)
            finally:
                server = server_process.running(root)
                if server is not None:
                    WorkbenchSurface(server.url).shutdown()


async def wide(root: Path) -> None:
    """The comfortable size: an answer, a failure with its frames, the samples, a burst and its
    timeline."""
    app = WorkbenchApp(root)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "local Lambda ready")
        await choose(pilot, "Hello")
        await pilot.press("ctrl+j")
        await shows(pilot, "200 ok")
        await shows(pilot, "of 256 MB ·")
        save(pilot, "workbench-120x40")

        handler = root / "hello" / "handler.py"
        text = handler.read_text()
        broken = text.replace("    return", '    raise ValueError("no such stage")\n    return', 1)
        handler.write_text(broken)
        await shows(pilot, "reloaded handler.py")
        await pilot.press("ctrl+j")
        await shows(pilot, "ValueError")
        save(pilot, "error-120x40")
        handler.write_text(text)
        await shows(pilot, "reloaded handler.py")

        await pilot.press("ctrl+n")
        await pilot.pause()
        await pilot.press(*"s3 put")
        await shows(pilot, "Object created")
        save(pilot, "samples-120x40")

        await pilot.press("escape", "escape", "f12")
        await shows(pilot, "ctrl+j starts")
        await pilot.press("ctrl+j")
        await shows(pilot, "· over")
        save(pilot, "burst-120x40")
        await pilot.press("escape", "f9")
        await shows(pilot, "concurrency")
        await pilot.pause(3)
        save(pilot, "timeline-120x40")


async def narrow(root: Path) -> None:
    """The smallest size it is made for."""
    app = WorkbenchApp(root)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "local Lambda ready")
        await pilot.press("ctrl+j")
        await shows(pilot, "200 ok")
        save(pilot, "workbench-80x24")


async def choose(pilot: Pilot[int], function: str) -> None:
    """Pick a function in the Functions pane."""
    await pilot.press("1", "slash", *function, "enter")
    await shows(pilot, function)


async def shows(pilot: Pilot[int], text: str) -> None:
    """Wait until the screen shows `text`."""
    async with asyncio.timeout(PATIENCE_S):
        while text not in screen_text(pilot):
            await pilot.pause(0.02)


def screen_text(pilot: Pilot[int]) -> str:
    """All that is on the screen, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


def save(pilot: Pilot[int], name: str) -> None:
    """Export the screen."""
    (HERE / f"{name}.svg").write_text(pilot.app.export_screenshot(title="workbench"))
    print(name, file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main())
