"""Moving about: sizes, tabs, help, palette, jump, mouse; where a result comes to the front."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text
from screen_lab import at_screen

from workbench.ui.screens.help import HelpScreen
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.keys_help import KeysHelp
from workbench.ui.widgets.quick_pick import QuickPick


async def test_every_size_shows_the_panes(shop: Path) -> None:
    async with at_screen(shop, (80, 24)) as hands:
        await hands.on_function("Echo")
        for size in ((100, 50), (120, 24), (200, 60), (80, 24)):
            await hands.pilot.resize_terminal(*size)
            for key, title in zip("1234567", _TITLES, strict=True):
                await hands.press("escape", key)
                await hands.reads(f"{key} {title}")
                await hands.sees(lambda: hands.screen.pane.region.area > 0, "the pane")
        await hands.press("escape", "4", "f10")
        await hands.reads("4 Logs (zoomed)")


async def test_help_palette_and_jump(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await hands.press("f1")
        await hands.opens(HelpScreen, "the help")
        await hands.reads("Go to this function's event")
        await hands.press("escape")
        await hands.press("ctrl+n")
        await hands.opens(Choose, "the samples")
        await hands.press("f1")
        await hands.opens(KeysHelp, "the help of the picker")
        await hands.reads("Earlier filter")
        await hands.press("escape", "escape")
        await hands.press("ctrl+o", "5")
        await hands.sees(lambda: hands.screen.pane is hands.screen.versions, "Versions")
        await hands.press("ctrl+p")
        await hands.type("cancel the inv")
        await hands.reads("ctrl+k  ✗ not now: Nothing is running.")
        await hands.press("enter")
        await hands.reads("▲ Nothing is running.")
        await hands.press("ctrl+p")
        await hands.type("zoom")
        await hands.reads("Zoom the pane")
        await hands.press("enter")
        await hands.sees(lambda: hands.screen.area.zoomed, "the zoom")


async def test_a_click_on_a_tab_and_on_a_row_does_what_their_keys_do(shop: Path) -> None:
    async with at_screen(shop, (80, 24)) as hands:
        await hands.on_function("Echo")
        await hands.press("3")
        title = next(line for line in hands.text().splitlines() if "5 Versions" in line)
        row = hands.text().splitlines().index(title)
        await hands.pilot.click(offset=(title.index("5 Versions") + 2, row))
        await hands.sees(lambda: hands.screen.pane is hands.screen.versions, "Versions")
        await hands.press("1")
        lines = hands.text().splitlines()
        row = next(number for number, line in enumerate(lines) if " Slow " in line)
        await hands.pilot.click(offset=(5, row))
        await hands.sees(lambda: hands.screen.session.function == "Slow", "Slow chosen")


_TITLES = ("Functions", "Event", "Result", "Logs", "Versions", "History", "Triggers")


async def test_a_result_comes_to_the_front_on_a_narrow_screen(shop: Path) -> None:
    async with at_screen(shop, (80, 24)) as hands:
        await hands.on_function("Echo")
        screen = hands.screen
        assert screen.pane is screen.functions
        await hands.invokes()
        await hands.sees(lambda: screen.pane is screen.result, "Result in place of the overlay")
        await hands.press("5")
        await hands.invokes()
        await hands.sees(lambda: screen.pane is screen.result, "Result in place of Versions")
        await hands.press("6", "2", "escape")
        await hands.invokes()
        await hands.sees(lambda: screen.result in screen.area.visible_panes(), "Result below")
        assert screen.pane is screen.event
        await hands.press("4", "1")
        await hands.invokes()
        await hands.sees(lambda: screen.pane is screen.logs, "Logs in front as before")
        await hands.reads("✓ 200 ok  (3 shows it)")


async def test_rows_take_the_colours_of_another_theme(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")

        def colours() -> set[str]:
            row = next(r for r in hands.screen.functions.rows.rows if r.id == "Echo")
            return {str(text.style) for text in row.columns if isinstance(text, Text)}

        dark = colours()
        hands.app.theme = "workbench-light"
        await hands.sees(lambda: colours().isdisjoint(dark - {""}), "rows of the light theme")


async def test_panes_are_resized_and_come_back_as_they_were(shop: Path) -> None:
    async with at_screen(shop, (140, 40)) as hands:
        await hands.on_function("Echo")
        screen = hands.screen
        await hands.press("6", "greater_than_sign", "right_curly_bracket")
        await hands.sees(lambda: screen.history.region.height == 11, "a higher History")
        width = screen.history.region.width
        assert width == 140 * 3 // 11 + 4
        await hands.press(*["left_curly_bracket"] * 5)
        await hands.reads("This pane cannot get lower here.")
        pilot, border = hands.pilot, screen.result.region
        await pilot.mouse_down(offset=(border.x, border.y + 5))
        await pilot.hover(offset=(border.x + 9, border.y + 7))
        await pilot.mouse_up(offset=(border.x + 9, border.y + 7))
        await hands.sees(lambda: screen.result.region.x == border.x + 9, "the border moved")
        assert screen.pane is screen.history
        await pilot.mouse_down(offset=(border.x, screen.logs.region.y - 1))
        await pilot.hover(offset=(border.x, 2))
        await pilot.mouse_up(offset=(border.x, 2))
        await hands.sees(lambda: screen.result.region.height == 6, "Result as low as it can be")
        await pilot.click(offset=(border.x, screen.logs.region.y))
        await hands.sees(lambda: screen.pane is screen.logs, "a click on a border")
        await hands.press("6", "right_curly_bracket", "4", "f10", "v", "r")
        await hands.opens(QuickPick, "the ranges")
        await hands.press("1")
        await hands.reads("no debug lines · the last minute")
        screen.remember()
    async with at_screen(shop, (140, 40)) as hands:
        await hands.reads("4 Logs (zoomed)")
        await hands.reads("no debug lines · the last minute")
        await hands.on_function("Echo")
        screen = hands.screen
        assert screen.pane is screen.logs
        assert screen.logs.has_focus_within
        await hands.press("f10", "5")
        await hands.sees(lambda: screen.history.region.width == width, "the width")
        assert screen.history.region.height == 7
        await hands.pilot.resize_terminal(80, 24)
        await hands.press("2", "escape", "right_curly_bracket")
        await hands.sees(lambda: screen.event.region.height == 13, "a higher Event")
