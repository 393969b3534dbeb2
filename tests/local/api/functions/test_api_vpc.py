"""VpcConfig: its subnets and security groups are looked up (lambda-facts §4.6 no. 44)."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint


def test_a_network_that_exists(shared_endpoint: LocalEndpoint) -> None:
    ec2 = shared_endpoint.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="g", Description="d")["GroupId"]
    asked = {"SubnetIds": [subnet], "SecurityGroupIds": [group]}
    name = shared_endpoint.create(VpcConfig=asked)
    kept = {**asked, "VpcId": vpc, "Ipv6AllowedForDualStack": False}
    assert shared_endpoint.settle(name)["VpcConfig"] == kept
    client = shared_endpoint.client()
    left = client.update_function_configuration(
        FunctionName=name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
    )["VpcConfig"]
    assert left == {
        "SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
            "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
            "EC2 Error Message: The security group 'sg-1' does not exist",
        ),
        (
            {"SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
            "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
            "EC2 Error Message: The subnet ID 'subnet-1' does not exist",
        ),
    ],
)
def test_a_network_that_does_not(
    shared_endpoint: LocalEndpoint, network: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        shared_endpoint.create(VpcConfig=network)
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidParameterValueException", message)
