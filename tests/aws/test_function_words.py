"""Configuration, secrets, roles and metrics of a function, in words."""

from __future__ import annotations

import pytest

from workbench.aws.words.configuration import is_secret, lines, masked
from workbench.aws.words.role import allowed


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("TABLE", "orders", False),
        ("QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/orders", False),
        ("TOPIC", "arn:aws:sns:eu-west-1:123456789012:a-very-long-name-of-a-topic1", False),
        ("POWERTOOLS_SERVICE_NAME", "orders", False),
        ("MONKEY", "george", False),
        ("DB_PASSWORD", "x", True),
        ("STRIPE_KEY", "x", True),
        ("API_KEY", "x", True),
        ("DATABASE_URL", "postgres://app:hunter2@db/orders", True),
        ("WEBHOOK", "eyJhbGciOiJIUzI1NiJ9.e30.x", True),
        ("SOMETHING", "9f86d081884c7d659a2feaa0c55ad015", True),
    ],
)
def test_which_variables_look_like_secrets(name: str, value: str, secret: bool) -> None:
    assert is_secret(name, value) is secret


def test_a_secret_is_only_counted() -> None:
    assert "hunter2" not in masked("hunter2") and "7 characters" in masked("hunter2")


def test_a_configuration_in_lines() -> None:
    found = dict(
        lines(
            {
                "Runtime": "python3.13",
                "Handler": "app.handler",
                "State": "Failed",
                "StateReason": "The subnet is gone",
                "LastUpdateStatus": "Failed",
                "Layers": [{"Arn": "arn:aws:lambda:eu-west-1:1:layer:tools:7"}],
                "VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"]},
            }
        )
    )
    assert found["State"].startswith("✗ Failed: The subnet is gone  ✗ update failed")
    assert (found["Layers"], found["VPC"]) == ("tools:7", "vpc-1 in subnet-1")


def test_what_a_policy_allows() -> None:
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": "arn:aws:s3:::photos/*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
            {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::photos"},
        ]
    }
    assert allowed(document) == [
        "▲ may do everything on anything",
        "may s3:GetObject, s3:PutObject on photos/*, under conditions",
        "must not all but s3:* on all but photos",
    ]
