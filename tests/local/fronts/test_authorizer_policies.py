"""What a Lambda authorizer's policy allows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.local.fronts.authorizers.authorizer_policies import MalformedPolicy, decide

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc/dev/GET/orders/1"


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str, resource: Any, action: Any = "execute-api:Invoke") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("document", "decision"),
    [
        (policy(statement("Allow", ARN)), "allowed"),
        (policy(statement("Allow", "*")), "allowed"),
        ({"Statement": statement("Allow", "*", "*")}, "allowed"),
        (policy(statement("Allow", ["x", "arn:*:abc/*/GE*"], ["a", "Execute-API:i*"])), "allowed"),
        (policy(statement("Allow", "arn:aws:execute-api:*:abc/de?/GET/orders/?")), "allowed"),
        (policy(statement("Allow", ARN.replace("GET", "PUT"))), "denied"),
        (policy(statement("Allow", "*", "lambda:InvokeFunction")), "denied"),
        (policy(), "denied"),
        (policy(statement("Allow", "*"), statement("Deny", ARN)), "explicitly denied"),
        (policy({**statement("Allow", "*"), "Condition": {"x": 1}}), "denied"),
        (policy({"Effect": "Allow", "NotAction": "a:b", "NotResource": "arn:x"}), "allowed"),
        (policy({"Effect": "Allow", "NotAction": "execute-api:*", "Resource": "*"}), "denied"),
    ],
)  # fmt: skip
def test_decisions(document: Any, decision: str) -> None:
    assert decide(document, ARN) == decision


@pytest.mark.parametrize("document", [None, [], {}, {"Statement": "x"}, policy(1), policy({})])
def test_what_is_no_policy(document: Any) -> None:
    with pytest.raises(MalformedPolicy):
        decide(document, ARN)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["Effect", "Action", "Resource"]), anything), max_size=2
    )
)
def test_nothing_else_ever_happens(statements: Any) -> None:
    try:
        decide({"Statement": statements}, ARN)
    except MalformedPolicy as problem:
        assert str(problem)
