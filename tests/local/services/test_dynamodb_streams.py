"""Sizes of items, as DynamoDB counts them."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.local.services.corrections.dynamodb_streams import item_size


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({"id": {"S": "id_value_1"}}, 12),  # recorded on AWS
        ({"my_partition_key": {"S": "testId0"}, "should_fail": {"BOOL": False}}, 35),
        ({"n": {"N": "0"}}, 2),
        ({"n": {"N": "-12.50"}}, 5),
        ({"b": {"B": "AP8="}}, 4),
        ({"s": {"SS": ["a", "bc"]}, "z": {"NULL": True}}, 6),
        ({"l": {"L": [{"S": "x"}]}, "m": {"M": {"k": {"N": "7"}}}}, 1 + 5 + 1 + 7),
        ({}, 0),
    ],
)
def test_sizes(attributes: dict[str, Any], size: int) -> None:
    assert item_size(attributes) == size
