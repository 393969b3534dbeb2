"""Names and ARNs of functions, in every form the API takes them (lambda-facts §2.1, §4.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.local.config import ServerConfig
from workbench.local.errors import ApiError, invalid_parameter, not_found

_FUNCTION = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?"
    r"(?:(?P<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_.]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A parsed FunctionName; what it did not say is None."""

    name: str
    qualifier: str | None = None
    account: str | None = None
    region: str | None = None


def parse_function(text: str) -> FunctionReference | None:
    """`text` as name, name:qualifier, account:function:name, or an ARN; None if it is none."""
    match = _FUNCTION.fullmatch(text)
    if match is None:
        return None
    return FunctionReference(match["name"], match["qualifier"], match["account"], match["region"])


def resolve_function(
    config: ServerConfig, function_name: str, qualifier: str | None = None
) -> tuple[str, str | None]:
    """The bare name and the qualifier meant by a request's FunctionName and Qualifier.

    Raises ApiError for another account, another region, or two qualifiers that differ
    (lambda-facts §4.6 no. 4, 21).
    """
    reference = parse_function(function_name)
    if reference is None:
        raise not_found(f"Function not found: {function_arn(config, function_name)}")
    if reference.account is not None and reference.account != config.account:
        raise ApiError("AccessDeniedException", None)
    if reference.region is not None and reference.region != config.region:
        raise not_found(
            f"Functions from '{reference.region}' are not reachable in this region "
            f"('{config.region}')"
        )
    if qualifier and reference.qualifier and qualifier != reference.qualifier:
        raise invalid_parameter(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return reference.name, qualifier or reference.qualifier


def partition(region: str) -> str:
    """The AWS partition a region is in."""
    for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc")):
        if region.startswith(prefix):
            return name
    return "aws"


def function_arn(config: ServerConfig, name: str, qualifier: str | None = None) -> str:
    """A function's ARN, with `qualifier` at its end if there is one."""
    region = config.region
    arn = f"arn:{partition(region)}:lambda:{region}:{config.account}:function:{name}"
    return arn if qualifier is None else f"{arn}:{qualifier}"


_LAYER = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):"
    r"layer:(?P<name>[a-zA-Z0-9-_]+)(?::(?P<version>\d+))?"
)


@dataclass(frozen=True, slots=True)
class LayerReference:
    """A parsed layer name or ARN; what it did not say is None."""

    name: str
    version: int | None = None
    account: str | None = None
    region: str | None = None


def parse_layer(text: str) -> LayerReference:
    """`text` as the ARN of a layer or of a layer version, or else as a layer's name."""
    match = _LAYER.fullmatch(text)
    if match is None:
        return LayerReference(text)
    version = match["version"]
    number = None if version is None else int(version[:19])
    return LayerReference(match["name"], number, match["account"], match["region"])


def layer_arn(config: ServerConfig, name: str, version: int | None = None) -> str:
    """A layer's ARN, or that of one of its versions."""
    region = config.region
    arn = f"arn:{partition(region)}:lambda:{region}:{config.account}:layer:{name}"
    return arn if version is None else f"{arn}:{version}"


def code_signing_config_arn(config: ServerConfig, id: str) -> str:
    """The ARN of the code signing configuration with the id `csc-…`."""
    region = config.region
    return f"arn:{partition(region)}:lambda:{region}:{config.account}:code-signing-config:{id}"


def event_source_mapping_arn(config: ServerConfig, uuid: str) -> str:
    """The ARN of the event source mapping with this UUID."""
    region = config.region
    return f"arn:{partition(region)}:lambda:{region}:{config.account}:event-source-mapping:{uuid}"
