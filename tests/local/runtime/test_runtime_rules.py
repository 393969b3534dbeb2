"""The parts without I/O: states, placement, log events, log lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.local.runtime.environment import (
    TRANSITIONS,
    Environment,
    IllegalTransition,
    State,
    log_stream_name,
)
from workbench.local.runtime.faults import exit_fault
from workbench.local.runtime.placement import IdlePool
from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.telemetry.output import EventCutter

SPEC = FunctionSpec("fn", "arn", "3", "i", "python3.13", "a.b", Path("/nowhere"))


@given(st.lists(st.sampled_from(list(State))))
def test_only_the_table_s_transitions_happen(wanted: list[State]) -> None:
    seen = []
    environment = Environment(SPEC, lambda e: seen.append(e.state))
    state = State.STARTING
    for target in wanted:
        if target in TRANSITIONS[state]:
            environment.to(target)
            state = target
            assert seen[-1] is target
        else:
            with pytest.raises(IllegalTransition):
                environment.to(target)
        assert environment.state is state


def test_log_stream_names() -> None:
    assert log_stream_name(SPEC, "f" * 32, 0) == f"1970/01/01/[3]{'f' * 32}"
    custom = FunctionSpec(
        "fn", "arn", "$LATEST", "i", "python3.13", "a.b", Path("/"), log_group="/mine"
    )
    assert log_stream_name(custom, "f" * 32, 0) == f"1970/01/01/fn[$LATEST]{'f' * 32}"


def frame(text: str, ms: int) -> bytes:
    data = text.encode()
    return (
        b"\xa5\x5a\x00\x03" + len(data).to_bytes(4, "big") + (ms * 1000).to_bytes(8, "big") + data
    )


piece = st.one_of(
    st.text(max_size=20).filter(lambda t: "\n" not in t).map(lambda t: ("line", t)),
    st.text(max_size=20).map(lambda t: ("frame", t)),
)


@given(st.lists(piece), st.lists(st.integers(1, 40)))
def test_events_do_not_depend_on_how_the_bytes_arrive(
    pieces: list[tuple[str, str]], cuts: list[int]
) -> None:
    data, expected = b"", []
    for kind, text in pieces:
        if kind == "line":
            data += text.encode() + b"\n"
            expected.append((7, text + "\n"))
        else:
            data += frame(text, 5)
            expected.append((5, text if text.endswith("\n") else text + "\n"))
    cutter, events = EventCutter(), []
    for cut in [*cuts, len(data) + 1]:
        events += cutter.feed(data[:cut], 7)
        data = data[cut:]
    assert events + cutter.flush(7) == expected


def test_a_large_frame_that_comes_in_pieces_is_one_event() -> None:
    cutter = EventCutter()
    data = frame("x" * 30_000_000, 5) + b"line\n"
    pieces = [data[at : at + 65_536] for at in range(0, len(data), 65_536)]
    # Copying what is there for each piece would take many seconds.
    events = [event for piece in pieces for event in cutter.feed(piece, 7)]
    assert [(stamp, len(text)) for stamp, text in events] == [(5, 30_000_001), (7, 5)]


@given(st.lists(st.binary(max_size=30)))
def test_no_bytes_break_the_cutter(chunks: list[bytes]) -> None:
    cutter = EventCutter()
    for chunk in chunks:
        cutter.feed(chunk, 1)
    cutter.flush(1)


def test_a_line_without_an_end_becomes_an_event_when_it_is_long() -> None:
    cutter = EventCutter()
    assert cutter.feed(b"x" * 1000, 1) == []
    [(_, text)] = cutter.feed(b"x" * 300_000, 2)
    assert len(text) == 301_001


def test_the_environment_used_last_is_taken_first() -> None:
    class Item:
        spec = SPEC

    pool: IdlePool[Item] = IdlePool()
    old, new = Item(), Item()
    pool.put(old)
    pool.put(new)
    assert pool.take(SPEC) is new
    pool.remove(old)
    assert pool.take(SPEC) is None


@pytest.mark.parametrize(
    ("code", "text"),
    [(0, "Runtime exited without providing a reason"),
     (3, "Runtime exited with error: exit status 3"),
     (-9, "Runtime exited with error: signal: killed"),
     (-11, "Runtime exited with error: signal: segmentation fault")],
)  # fmt: skip
def test_exit_texts(code: int, text: str) -> None:
    assert exit_fault(code).message == text
