"""Logs by invocation and of several functions, the way to the History and back; the timeline."""

from __future__ import annotations

from pathlib import Path

from screen_lab import at_screen

from workbench.ui.screens.log_line import LogLineScreen
from workbench.ui.screens.timeline import TimelineScreen
from workbench.ui.widgets.choose_many import ChooseMany
from workbench.ui.widgets.form import FormDialog
from workbench.ui.widgets.quick_pick import QuickPick


async def test_a_line_leads_to_its_invocation_and_back(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        invocation = await hands.invokes()
        screen, view = hands.screen, hands.screen.logs.view
        await hands.press("4")
        await hands.reads(f"── {invocation.request_id[:8]}")
        await hands.reads(" of 128 MB · $0.0000")
        await hands.press("o")
        await hands.sees(lambda: screen.pane is screen.history, "the History")
        entries = screen.history._entries
        rows = screen.history.rows
        await hands.sees(
            lambda: entries[rows.highlighted or ""].request_id == invocation.request_id,
            "the invocation",
        )
        await hands.press("t")
        await hands.reads("It was not traced")
        await hands.press("L")
        await hands.sees(lambda: screen.pane is screen.logs, "the Logs")
        current = view.current
        assert current is not None
        assert current.group.startswith(invocation.request_id)
        await hands.press("enter")
        await hands.opens(LogLineScreen, "the line")
        await hands.reads("REPORT RequestId")
        await hands.press("escape", "i")
        await hands.reads("START RequestId")
        await hands.press("i", "m", "v", "v", "v")
        await hands.sees(lambda: "working on it" not in hands.text(), "errors only")
        await hands.press("v", "space")
        await hands.reads("paused, 0 wait")
        await hands.press("space", "x")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.reads("✓ Wrote ")
        (written,) = shop.glob("logs-Echo-*.txt")
        assert "working on it" in written.read_text()
        written.unlink()


async def test_an_invocation_shown_before_the_panes_have_followed_keeps_its_lines(
    shop: Path,
) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        invocation = await hands.invokes()
        await hands.on_function("Slow")
        screen, rows, view = hands.screen, hands.screen.history.rows, hands.screen.logs.view
        await hands.press("6", "a")
        await hands.sees(lambda: screen.history.title.endswith("all functions"), "all")
        mine = invocation.request_id

        def row() -> str:
            entries = screen.history._entries
            return next(id for id, entry in entries.items() if entry.request_id == mine)

        def lines() -> list[str]:
            return [line.text for line in view.lines() if line.group.startswith(mine)]

        await hands.sees(lambda: mine in {e.request_id for e in screen.history._entries.values()},
                         "Echo's invocation")  # fmt: skip
        # The function is chosen and the panes follow a moment later: quick hands are before them.
        rows.highlight(row())
        screen.functions.rows.highlight("Echo")
        screen.functions.settle()
        await hands.press("enter")
        await hands.sees(lambda: screen.result.shown is not None, "the answer")
        await hands.sees(lambda: screen._rest is None, "the panes to follow")
        await hands.sees(lambda: lines().count("working on it") == 1, "its line, once")


async def test_logs_of_two_functions_stand_in_the_order_of_time(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await hands.press("4", "r")
        await hands.opens(QuickPick, "the ranges")
        await hands.press("1")
        await hands.reads("the last minute")
        await hands.press("f")
        await hands.opens(ChooseMany, "the functions")
        await hands.press("enter", "ctrl+j")  # Broken is the first of the list
        await hands.reads("Logs of 2 functions")
        await hands.invokes()
        await hands.on_function("Broken")
        await hands.invokes()
        labels = {"Broken", "Echo"}
        view = hands.screen.logs.view
        await hands.sees(lambda: {line.label for line in view.lines()} == labels, "both")
        times = [line.time_ms for line in view.lines()]
        assert times == sorted(times)


async def test_the_timeline_shows_environments_and_stands_still(shop: Path) -> None:
    async with at_screen(shop, (80, 24)) as hands:
        await hands.on_function("Echo")
        await hands.invokes()
        await hands.press("f9")
        await hands.opens(TimelineScreen, "the timeline")
        await hands.reads("of 1,000")
        await hands.reads("async queue")
        await hands.reads("none failed")
        await hands.press("space")
        await hands.reads("paused at")
        await hands.press("z")
        await hands.reads("the last 15 min")
        await hands.press("escape")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
