"""Syntax errors looked for in the background: found, mended, forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path

from workbench.local.linking.syntax_checks import Source, SyntaxChecks


async def test_many_files_are_checked_and_a_saved_one_again(tmp_path: Path) -> None:
    sources: list[Source] = []
    for number in range(600):
        file = tmp_path / f"f{number}.py"
        file.write_text("def handler(event, context): pass\n")
        sources.append((file, "python3.11"))
    gone = set[Source]()
    changed = asyncio.Event()
    checks = SyntaxChecks(lambda source: source not in gone, changed.set)
    broken = [sources[3], sources[599]]
    for file, _ in broken:
        file.write_text("def handler(:\n")
    async with asyncio.timeout(20):
        checks.check(sources)
        while {problem.file for problem in checks.problems} != {file for file, _ in broken}:
            changed.clear()
            await changed.wait()

        broken[0][0].write_text("handler = print\n")
        checks.check([broken[0]])
        while len(checks.problems) > 1:
            changed.clear()
            await changed.wait()

    gone.add(broken[1])  # its function is no longer in the project
    assert checks.problems == []
    await checks.stop()
