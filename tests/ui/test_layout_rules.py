"""Where the panes stand, at every size a terminal has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ui.layout import BORDERS, PANES, SIDEWAYS, Slot, arrange, border_of, edge_at

widths = st.integers(80, 250)
heights = st.integers(20, 70)
orders = st.permutations(PANES)
moves = st.dictionaries(st.sampled_from(BORDERS), st.integers(-300, 300))


def cells(slot: Slot) -> set[tuple[int, int]]:
    return {
        (x, y)
        for x in range(slot.x, slot.x + slot.width)
        for y in range(slot.y, slot.y + slot.height)
    }


@given(widths, heights, orders, st.booleans(), moves)
def test_the_panes_fill_the_area_without_overlap(
    width: int, height: int, recent: list[str], zoomed: bool, moved: dict[str, int]
) -> None:
    found = arrange(width, height, recent, zoomed=zoomed, moved=moved)
    slots = [slot for slot in found if not slot.overlay]
    covered = [cells(slot) for slot in slots]
    assert sum(map(len, covered)) == width * height
    assert set().union(*covered) == {(x, y) for x in range(width) for y in range(height)}


@given(widths, heights, orders)
def test_the_pane_with_focus_shows_and_every_pane_has_a_place(
    width: int, height: int, recent: list[str]
) -> None:
    slots = arrange(width, height, recent, zoomed=False)
    assert recent[0] in {slot.active for slot in slots}
    reachable = {pane for slot in slots for pane in slot.panes} | {"functions"}
    assert reachable == set(PANES)


@given(widths, heights, orders, moves)
def test_no_pane_is_too_small_to_show_anything(
    width: int, height: int, recent: list[str], moved: dict[str, int]
) -> None:
    for slot in arrange(width, height, recent, zoomed=False, moved=moved):
        assert slot.width >= 32
        assert slot.height >= 6


def test_functions_are_an_overlay_on_a_narrow_screen_only() -> None:
    narrow = arrange(80, 21, PANES, zoomed=False)
    assert [slot.active for slot in narrow if slot.overlay] == ["functions"]
    assert not [slot for slot in arrange(120, 37, PANES, zoomed=False) if slot.overlay]


@pytest.mark.parametrize("used", ["result", "logs", "versions", "history", "triggers"])
def test_panes_that_share_a_place_show_the_one_used_last(used: str) -> None:
    recent = [used, *(pane for pane in PANES if pane != used)]
    assert used in {slot.active for slot in arrange(80, 21, recent, zoomed=False)}
    after = ["event", *(pane for pane in recent if pane != "event")]
    assert used in {slot.active for slot in arrange(80, 21, after, zoomed=False)}


@pytest.mark.parametrize("pane", PANES)
@pytest.mark.parametrize(("width", "height"), [(80, 21), (140, 37), (240, 60)])
def test_a_pane_grows_at_the_border_that_is_named_for_it(
    pane: str, width: int, height: int
) -> None:
    recent = [pane, *(other for other in PANES if other != pane)]

    def size(sideways: bool, moved: dict[str, int]) -> int:
        slots = arrange(width, height, recent, zoomed=False, moved=moved)
        slot = next(slot for slot in slots if slot.active == pane)
        return slot.width if sideways else slot.height

    for sideways in (True, False):
        border = border_of(pane, width, sideways=sideways)
        if border is not None:
            name, direction = border
            assert size(sideways, {name: 2 * direction}) > size(sideways, {name: -2 * direction})


@given(st.integers(1, 79), st.integers(0, 19), orders, moves)
def test_a_terminal_that_is_too_small_gets_places_inside_it(
    width: int, height: int, recent: list[str], moved: dict[str, int]
) -> None:
    for slot in arrange(width, height, recent, zoomed=False, moved=moved):
        assert slot.width >= 0 and slot.height >= 0
        assert slot.x + slot.width <= width and slot.y + slot.height <= height


@pytest.mark.parametrize(("width", "height"), [(80, 21), (80, 40), (130, 25), (140, 40), (230, 60)])
def test_every_border_between_panes_can_be_found(width: int, height: int) -> None:
    used = PANES[::-1]

    def places(name: str, cells: int, panes: tuple[str, ...]) -> list[int]:
        slots = arrange(width, height, used, zoomed=False, moved={name: cells})
        return [each.x if name in SIDEWAYS else each.y for each in slots if each.panes == panes]

    slots, names = arrange(width, height, used, zoomed=False), set()
    for slot in slots:
        for x, y in ((slot.x, slot.y + 3), (slot.x + 3, slot.y)):
            if found := edge_at(slots, width, x, y):
                name, beside = found
                names.add(name)
                assert beside == slot
                (now,) = places(name, 0, slot.panes)
                moved = places(name, 1, slot.panes) + places(name, -1, slot.panes)
                assert sorted(moved) == [now - 1, now + 1]
    assert edge_at(slots, width, 0, 3) is None
    if width < 120:
        assert names == {"narrow"}
    else:
        tall, widest = {"history"} if height > 30 else set(), {"bottom"} if width > 220 else set()
        assert names == {"left", "middle", "logs", "versions"} | tall | widest
    over = arrange(80, 21, PANES, zoomed=False)
    assert over[-1].overlay
    assert edge_at(over, 80, 10, over[1].y) is None
