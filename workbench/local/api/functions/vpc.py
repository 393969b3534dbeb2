"""The network of a function: its subnets and security groups must exist (§4.6 no. 44).

Functions run on this machine whatever their VpcConfig says; it is kept and shown.
"""

from __future__ import annotations

from typing import Any

from workbench.local.api.context import Context, Input
from workbench.local.errors import invalid_parameter
from workbench.local.services.settings import ServiceError

NONE = {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False}


async def looked_up(context: Context, input: Input) -> Input:
    """A create or update request with the whole of its VpcConfig: the id of the VPC too.

    Raises ApiError (400) naming the first security group or subnet that does not exist.
    """
    asked = input.get("VpcConfig")
    if asked is None:
        return input
    groups, subnets = asked.get("SecurityGroupIds") or [], asked.get("SubnetIds") or []
    if not groups and not subnets:
        return {**input, "VpcConfig": NONE}
    await _described(
        context, "DescribeSecurityGroups", {"GroupIds": groups}, "InvalidGroup.NotFound",
        f"The security group '{(groups or [''])[0]}' does not exist",
    )  # fmt: skip
    found = await _described(
        context, "DescribeSubnets", {"SubnetIds": subnets}, "InvalidSubnetID.NotFound",
        f"The subnet ID '{(subnets or [''])[0]}' does not exist",
    )  # fmt: skip
    network = {
        "SubnetIds": subnets,
        "SecurityGroupIds": groups,
        "VpcId": next((subnet["VpcId"] for subnet in found.get("Subnets", ())), ""),
        "Ipv6AllowedForDualStack": bool(asked.get("Ipv6AllowedForDualStack")),
    }
    return {**input, "VpcConfig": network}


async def _described(
    context: Context, operation: str, ids: dict[str, Any], missing: str, message: str
) -> dict[str, Any]:
    """What EC2 says of `ids`. It is asked for each of them, or not at all when there are none."""
    if not any(ids.values()):
        return {}
    try:
        return await context.services.call("ec2", operation, ids)
    except ServiceError as error:
        text = message if error.code == missing else error.message
        raise invalid_parameter(
            f"Error occurred while {operation}. EC2 Error Code: {error.code}. "
            f"EC2 Error Message: {text}"
        ) from error
