"""Get- and PutRuntimeManagementConfig: when a version gets a newer runtime (lambda-facts §4.4)."""

from __future__ import annotations

from workbench.local.api.context import Context, Input, Output
from workbench.local.errors import invalid_parameter
from workbench.local.store.records import LATEST


def put_runtime_management_config(context: Context, input: Input) -> Output:
    """Keep the mode, and with Manual the runtime version's ARN."""
    name, qualifier = _version(context, input)
    mode, arn = input["UpdateRuntimeOn"], input.get("RuntimeVersionArn")
    if mode == "Manual" and not arn:
        raise invalid_parameter(
            "RuntimeVersionArn is required when UpdateRuntimeOn is set to Manual."
        )
    if mode != "Manual" and arn:
        raise invalid_parameter(
            f"RuntimeVersionArn cannot be provided when UpdateRuntimeOn is set to {mode}."
        )
    kept = {"UpdateRuntimeOn": mode} | ({"RuntimeVersionArn": arn} if arn else {})
    context.store.attachments.put("runtime-management", name, kept, qualifier or LATEST)
    return {**kept, "FunctionArn": context.arn(name, qualifier)}


def get_runtime_management_config(context: Context, input: Input) -> Output:
    """What is kept; Auto when nothing is."""
    name, qualifier = _version(context, input)
    kept = context.store.attachments.get("runtime-management", name, qualifier or LATEST)
    return {**(kept or {"UpdateRuntimeOn": "Auto"}), "FunctionArn": context.arn(name, qualifier)}


def _version(context: Context, input: Input) -> tuple[str, str | None]:
    """The name and qualifier of a version that exists: aliases have no runtime of their own."""
    name, qualifier = context.named(input)
    _, alias = context.version(name, qualifier)
    if alias is not None:
        raise invalid_parameter(
            "Runtime management configuration is of versions: specify $LATEST or a version number."
        )
    return name, qualifier
