"""Values that cannot be, worded as AWS does (lambda-facts §4.6; the numbers are its)."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint
from errors_lab import (
    ARN,
    PARAMETER,
    VALIDATION,
    Refused,
    alias,
    assert_refused,
    create,
)

NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
ONE = "1 validation error detected: Value "

CATALOGUE: dict[str, Refused] = {
    "25 weight": (
        alias(RoutingConfig={"AdditionalVersionWeights": {"2": 2.0}}),
        VALIDATION,
        ONE + "'{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
        "Member must have value greater than or equal to 0.0, Member must not be null]",
    ),
    "25 key": (
        alias(RoutingConfig={"AdditionalVersionWeights": {"$LATEST": 0.5}}),
        VALIDATION,
        ONE + "'{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
        "constraint: Map keys must satisfy constraint: [Member must have length less than or equal "
        "to 1024, Member must have length greater than or equal to 1, Member must satisfy regular "
        "expression pattern: [0-9]+]",
    ),
    "26": (
        alias(Name="2024"),
        VALIDATION,
        ONE + "'2024' at 'name' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    ),
    "27 name": (
        create(FunctionName="a" * 65),
        PARAMETER,
        ONE + f"'{'a' * 65}' at 'functionName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64",
    ),
    "27 arn": (
        create(FunctionName=f"{ARN}:{'a' * 100}"),
        VALIDATION,
        ONE + f"'{ARN}:{'a' * 100}' at 'functionName' failed to satisfy constraint: "
        "Member must have length less than or equal to 140",
    ),
    "28": (
        create(FunctionName="no good"),
        VALIDATION,
        ONE + "'no good' at 'functionName' failed to satisfy constraint: Member must satisfy "
        f"regular expression pattern: {NAME_PATTERN}",
    ),
    "30": (
        create(Runtime="java8"),
        PARAMETER,
        "The runtime parameter of java8 is no longer supported for creating or updating AWS Lambda "
        "functions. We recommend you use a supported runtime while creating or updating functions.",
    ),
    "31": (
        create(Role="r1"),
        VALIDATION,
        ONE + "'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression "
        r"pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
    ),
    "32 two": (
        create(Architectures=["x86_64", "arm64"]),
        VALIDATION,
        ONE + "'[x86_64, arm64]' at 'architectures' failed to satisfy constraint: "
        "Member must have length less than or equal to 1",
    ),
    "32 unknown": (
        create(Architectures=["X86_64"]),
        VALIDATION,
        ONE + "'[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy "
        "constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be "
        "null]",
    ),
    "33": (
        create(Code={"ZipFile": b"no zip"}),
        PARAMETER,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ),
    "35 reserved": (
        create(
            Environment={"Variables": {"AWS_REGION": "x", "MINE": "b", "LAMBDA_TASK_ROOT": "y"}}
        ),
        PARAMETER,
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT",
    ),
    "35 size": (
        create(Environment={"Variables": {"KEY": "v" * 4096}}),
        PARAMETER,
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit. String measured: "
        f'{{"KEY":"{"v" * 4096}"}}',
    ),
    "36 timeout": (
        create(Timeout=901),
        VALIDATION,
        ONE + "'901' at 'timeout' failed to satisfy constraint: Member must have value less than "
        "or equal to 900",
    ),
    "36 two at once": (
        create(Timeout=0, MemorySize=5555555),
        VALIDATION,
        "2 validation errors detected: Value '0' at 'timeout' failed to satisfy constraint: Member "
        "must have value greater than or equal to 1; Value '5555555' at 'memorySize' failed to "
        "satisfy constraint: Member must have value less than or equal to 10240",
    ),
    "39 empty": (
        ("tag_resource", {"Resource": f"{ARN}:known", "Tags": {}}),
        PARAMETER,
        "An error occurred and the request cannot be processed.",
    ),
    "39 no keys": (
        ("untag_resource", {"Resource": f"{ARN}:known", "TagKeys": []}),
        VALIDATION,
        ONE + "null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    ),
    "45 list": (
        ("list_functions", {"FunctionVersion": "all"}),
        VALIDATION,
        ONE + "'all' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum "
        "value set: [ALL]",
    ),
    "45 snap start": (
        create(SnapStart={"ApplyOn": "Always"}),
        VALIDATION,
        ONE + "'Always' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy "
        "enum value set: [PublishedVersions, None]",
    ),
}


@pytest.mark.parametrize("case", CATALOGUE)
def test_values_that_cannot_be_are_worded_as_aws_does(known: LocalEndpoint, case: str) -> None:
    assert_refused(known, CATALOGUE[case])


def test_an_unknown_runtime_is_told_without_quotes(known: LocalEndpoint) -> None:
    operation, named = create(Runtime="PYTHON3.9")
    with pytest.raises(ClientError) as caught:
        getattr(known.client(), operation)(**named)
    message = caught.value.response["Error"]["Message"]
    assert message.startswith(
        "Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
        "set: [nodejs20.x, python3.14, "
    )
    assert message.endswith("] or be a valid ARN")
