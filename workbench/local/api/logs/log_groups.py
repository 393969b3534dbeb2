"""CloudWatch Logs: log groups, how long they keep events, their tags."""

from __future__ import annotations

import asyncio
import re

from workbench.local.api.context import Context, Input, Output
from workbench.local.arns import partition
from workbench.local.errors import ApiError
from workbench.local.store.logs import LogGroup

# The days PutRetentionPolicy takes.
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip


def describe_log_groups(context: Context, input: Input) -> Output:
    """Groups by name; the token is the last name."""
    limit = input.get("limit") or 50
    found = context.store.logs.groups(
        prefix=input.get("logGroupNamePrefix") or "",
        part=input.get("logGroupNamePattern") or "",
        after=input.get("nextToken") or "",
        limit=limit + 1,
    )
    output: Output = {"logGroups": [_described(context, group) for group in found[:limit]]}
    if len(found) > limit:
        output["nextToken"] = found[limit - 1].name
    return output


def list_log_groups(context: Context, input: Input) -> Output:
    """Groups by name, those that match a pattern; the token is the last name."""
    limit, after = input.get("limit") or 50, input.get("nextToken") or ""
    matches = re.compile(input.get("logGroupNamePattern") or "").search
    found = context.store.logs.groups(after=after, limit=-1)
    wanted = [group for group in found if matches(group.name)]
    output: Output = {
        "logGroups": [
            {
                "logGroupName": group.name,
                "logGroupArn": group_arn(context, group.name),
                "logGroupClass": "STANDARD",
            }
            for group in wanted[:limit]
        ]
    }
    if len(wanted) > limit:
        output["nextToken"] = wanted[limit - 1].name
    return output


def create_log_group(context: Context, input: Input) -> Output:
    """Make a group; 400 when it exists."""
    if not context.store.logs.create_group(input["logGroupName"]):
        raise ApiError("ResourceAlreadyExistsException", "The specified log group already exists")
    if input.get("tags"):
        context.store.logs.tag_group(input["logGroupName"], input["tags"])
    return {}


async def delete_log_group(context: Context, input: Input) -> Output:
    """Remove a group with everything in it, and its subscription filters."""
    name = input["logGroupName"]
    if not await asyncio.to_thread(context.store.logs.delete_group, name):
        raise no_group()
    for filter in context.log_subscriptions.of(name):
        context.log_subscriptions.delete(name, filter["filterName"])
    return {}


def put_retention_policy(context: Context, input: Input) -> Output:
    """Keep a group's events for some days."""
    group, days = existing_group(context, input), input["retentionInDays"]
    if days not in RETENTION_DAYS:
        listed = ", ".join(map(str, RETENTION_DAYS))
        raise invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{listed}]"
        )
    context.store.logs.set_retention(group, days)
    return {}


def delete_retention_policy(context: Context, input: Input) -> Output:
    """Keep a group's events as long as there is room."""
    context.store.logs.set_retention(existing_group(context, input), None)
    return {}


def list_tags_for_resource(context: Context, input: Input) -> Output:
    """The tags of a group, by its ARN."""
    return {"tags": context.store.logs.tags(_tagged(context, input))}


def tag_resource(context: Context, input: Input) -> Output:
    """Add tags to a group, by its ARN."""
    context.store.logs.tag_group(_tagged(context, input), input["tags"])
    return {}


def untag_resource(context: Context, input: Input) -> Output:
    """Remove tags from a group, by its ARN."""
    context.store.logs.untag_group(_tagged(context, input), input["tagKeys"])
    return {}


def list_tags_log_group(context: Context, input: Input) -> Output:
    """The tags of a group, by its name."""
    return {"tags": context.store.logs.tags(existing_group(context, input))}


def tag_log_group(context: Context, input: Input) -> Output:
    """Add tags to a group, by its name."""
    context.store.logs.tag_group(existing_group(context, input), input["tags"])
    return {}


def untag_log_group(context: Context, input: Input) -> Output:
    """Remove tags from a group, by its name."""
    context.store.logs.untag_group(existing_group(context, input), input["tags"])
    return {}


def group_name(identifier: str) -> str:
    """The group a name or an ARN identifies."""
    if identifier.startswith("arn:"):
        return identifier.split(":log-group:")[-1].removesuffix(":*")
    return identifier


def existing_group(context: Context, input: Input) -> str:
    """The group a request names. Raises ApiError when there is none."""
    name = input.get("logGroupName") or group_name(input.get("logGroupIdentifier") or "")
    if not name:
        raise invalid("Either logGroupName or logGroupIdentifier must be specified.")
    if not context.store.logs.has_group(name):
        raise no_group()
    return str(name)


def group_arn(context: Context, name: str) -> str:
    """A group's ARN, without the `:*` that stands for its streams."""
    region, account = context.config.region, context.config.account
    return f"arn:{partition(region)}:logs:{region}:{account}:log-group:{name}"


def invalid(message: str) -> ApiError:
    """400 for a value that CloudWatch Logs does not take."""
    return ApiError("InvalidParameterException", message)


def no_group() -> ApiError:
    """400 for a group that is not there."""
    return ApiError(
        "ResourceNotFoundException", "The specified log group does not exist.", status=400
    )


def _tagged(context: Context, input: Input) -> str:
    return existing_group(context, {"logGroupName": group_name(input["resourceArn"])})


def _described(context: Context, group: LogGroup) -> Output:
    arn = group_arn(context, group.name)
    return {
        "logGroupName": group.name,
        "creationTime": group.created,
        "retentionInDays": group.retention,
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "storedBytes": max(group.stored, 0),
        "logGroupClass": "STANDARD",
        "logGroupArn": arn,
    }
