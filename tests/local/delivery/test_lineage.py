"""How often a function was invoked in one chain, counted in the trace header."""

from __future__ import annotations

from workbench.local.delivery.lineage import LIMIT, extended, first, mark, of_batch

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
ONE, OTHER = mark("arn:aws:lambda:us-east-1:1:function:a"), mark("arn:aws:…:function:b")


def test_a_chain_counts_each_function() -> None:
    trace, earlier = extended(TRACE, ONE)
    assert (trace, earlier) == (f"{TRACE};Lineage={ONE}:0", 0)
    assert trace == TRACE + first(ONE)
    trace, earlier = extended(trace, OTHER)
    assert (trace, earlier) == (f"{TRACE};Lineage={ONE}:0|{OTHER}:0", 0)
    trace, earlier = extended(trace, ONE)
    assert (trace, earlier) == (f"{TRACE};Lineage={OTHER}:0|{ONE}:1", 1)


def test_the_seventeenth_invocation_is_one_too_many() -> None:
    trace, earlier = TRACE, -1
    for _ in range(LIMIT):
        trace, earlier = extended(trace, ONE)
        assert earlier < LIMIT
    assert extended(trace, ONE)[1] == LIMIT


def test_a_batch_goes_on_with_the_chain_that_is_longest() -> None:
    def chain(length: int) -> str:
        trace = TRACE
        for _ in range(length):
            trace, _ = extended(trace, ONE)
        return trace

    assert of_batch([TRACE, TRACE], ONE) == TRACE
    assert of_batch([None], ONE) is None
    assert of_batch([None, TRACE], ONE) is None
    found = of_batch([None, chain(3), TRACE, chain(5), chain(4)], ONE)
    assert found is not None and found.startswith("Root=1-") and TRACE not in found
    assert extended(found, ONE)[1] == 5


def test_headers_stay_short_and_rubbish_is_left_out() -> None:
    trace = TRACE
    for number in range(300):
        trace, _ = extended(trace, mark(str(number)))
    assert len(trace) < 300
    for _ in range(300):
        trace, earlier = extended(trace, ONE)
    assert earlier == 256 and trace.endswith(f"{ONE}:255")
    rubbish = f"Lineage=|::|x:y|{ONE}|{'9' * 40}:{'9' * 40}|1:{ONE}:3;Sampled=1"
    assert extended(f"Root=1;{rubbish}", ONE) == (f"Root=1;Lineage={ONE}:4;Sampled=1", 4)
