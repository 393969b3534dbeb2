"""CloudWatch Logs: subscription filters, whose destinations are functions.

The filters belong to the event loop's thread, unlike what else there is of logs.
"""

from __future__ import annotations

import asyncio
import time

from workbench.local.api.context import Context, Input, Output
from workbench.local.api.logs.log_events import pattern_of
from workbench.local.api.logs.log_groups import existing_group, group_arn, invalid
from workbench.local.arns import parse_function
from workbench.local.delivery.push.permission import allows
from workbench.local.errors import ApiError
from workbench.local.store.records import LATEST

MAX_FILTERS = 2
"""Of a log group."""


async def put_subscription_filter(context: Context, input: Input) -> Output:
    """Make or replace a filter; its function must allow Logs to invoke it."""
    group, name = await _group(context, input), input["filterName"]
    pattern_of(input["filterPattern"])
    destination = input["destinationArn"]
    if parse_function(destination) is None or ":lambda:" not in destination:
        raise invalid("destinationArn must be the ARN of a Lambda function here.")
    if not may_invoke(context, destination, group):
        raise invalid(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
            "permission to execute your function."
        )
    others = [f for f in context.log_subscriptions.of(group) if f["filterName"] != name]
    if len(others) >= MAX_FILTERS:
        raise ApiError("LimitExceededException", "Resource limit exceeded.")
    made = {
        "filterName": name,
        "logGroupName": group,
        "filterPattern": input["filterPattern"],
        "destinationArn": destination,
        "distribution": input.get("distribution") or "ByLogStream",
        "creationTime": int(time.time() * 1000),
    }
    context.log_subscriptions.put(made)
    return {}


async def describe_subscription_filters(context: Context, input: Input) -> Output:
    """A group's filters by name; the token is the last name."""
    group, limit = await _group(context, input), input.get("limit") or 50
    prefix, after = input.get("filterNamePrefix") or "", input.get("nextToken") or ""
    found = [
        filter
        for filter in context.log_subscriptions.of(group)
        if filter["filterName"].startswith(prefix) and filter["filterName"] > after
    ]
    output: Output = {"subscriptionFilters": found[:limit]}
    if len(found) > limit:
        output["nextToken"] = found[limit - 1]["filterName"]
    return output


async def delete_subscription_filter(context: Context, input: Input) -> Output:
    """Remove a filter; 400 when there is none."""
    group, name = await _group(context, input), input["filterName"]
    if not any(f["filterName"] == name for f in context.log_subscriptions.of(group)):
        raise ApiError(
            "ResourceNotFoundException",
            "The specified subscription filter does not exist.",
            status=400,
        )
    context.log_subscriptions.delete(group, name)
    return {}


async def _group(context: Context, input: Input) -> str:
    """The group a request names, looked up in a thread: that waits until logs are written."""
    return await asyncio.to_thread(existing_group, context, input)


def may_invoke(context: Context, function_arn: str, group: str) -> bool:
    """Whether the function is there and lets Logs invoke it for the group."""
    function = parse_function(function_arn)
    if function is None or context.store.functions.get(function.name) is None:
        return False
    qualifier = function.qualifier or LATEST
    policy = context.store.attachments.get("policy", function.name, qualifier) or []
    account, region = context.config.account, context.config.region
    source = f"{group_arn(context, group)}:*"
    return any(
        allows({"Statement": policy}, principal, source, account)
        for principal in ("logs.amazonaws.com", f"logs.{region}.amazonaws.com")
    )
