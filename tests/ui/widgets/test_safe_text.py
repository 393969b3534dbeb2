"""Nothing that could tear the screen gets through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from workbench.ui.widgets.safe_text import ansi_text, safe, safe_same_length


@given(st.text(st.characters()))
def test_no_control_characters(text: str) -> None:
    for shown in (safe(text), ansi_text(text, Style()).plain):
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
        shown.encode("utf-8")
    assert len(safe_same_length(text)) == len(text)


def test_colours_are_kept_and_other_sequences_dropped() -> None:
    text = ansi_text("a\x1b[1;31mred\x1b[0m\x1b[2J\x1b]0;title\x07 b\x1b[38;2;1;2;3mx", Style())
    assert text.plain == "ared bx"
    styles = {text.plain[span.start : span.end]: span.style for span in text.spans}
    assert styles["red"] == Style(bold=True, color="color(1)")
    assert styles["x"] == Style(color="#010203")


def test_a_carriage_return_keeps_the_last() -> None:
    assert ansi_text("10%\r100%\r\n", Style()).plain == "100%"


def test_joined_emoji_flags_and_tabs() -> None:
    assert safe("👨\u200d👩 🇩🇪\t\x00") == "👨👩 DE    ␀"
