"""Put-, Get-, Delete- and ListProvisionedConcurrencyConfigs (lambda-facts §5, §4.6 no. 7, 18, 47).

A configuration belongs to a version or an alias and goes with it. An alias takes its environments
along when it moves, and shares them by its weights.
"""

from __future__ import annotations

import math
import time
from typing import Any

from workbench.local.api.concurrency.concurrency import all_of, provisioned_of, unclaimed
from workbench.local.api.context import Context, Input, Output
from workbench.local.api.functions import snapstart
from workbench.local.api.functions.specs import Specs
from workbench.local.api.paging import attached_page
from workbench.local.errors import ApiError, conflict, invalid_parameter
from workbench.local.runtime.provisioned import Wanted
from workbench.local.store.records import LATEST, Alias, Version

_UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
_ALIAS_OF_PROVISIONED = (
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
    "version"
)


def put_provisioned_concurrency_config(context: Context, input: Input) -> Output:
    """202 with status IN_PROGRESS; the environments are initialised from now on."""
    name, qualifier = context.named(input)
    if qualifier is None or qualifier == LATEST:
        raise invalid_parameter(_UNPUBLISHED)
    _check_exists(context, name, qualifier)
    version, alias = context.version(name, qualifier)
    _refuse_second(context, name, qualifier, alias)
    _check_version(version)
    wanted = input["ProvisionedConcurrentExecutions"]
    _check_limits(context, name, qualifier, wanted)
    value = {"Requested": wanted, "Asked": time.time()}
    context.store.attachments.put("provisioned-concurrency", name, value, qualifier)
    context.renew_revision(name, version.version)  # tells the listeners of the function
    return _rendered(context, name, qualifier, value)


def declare(context: Context, name: str, alias: str, number: int) -> None:
    """Give an alias what a project declares for it, also one of $LATEST. Raises ApiError where the
    account or the function have not as much."""
    _check_limits(context, name, alias, number)
    value = {"Requested": number, "Asked": time.time()}
    context.store.attachments.put("provisioned-concurrency", name, value, alias)


def get_provisioned_concurrency_config(context: Context, input: Input) -> Output:
    """How far the environments of a version or an alias are."""
    name, qualifier = _published(context, input)
    value = context.store.attachments.get("provisioned-concurrency", name, qualifier)
    if value is None:
        raise ApiError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
        )
    return _rendered(context, name, qualifier, value)


def delete_provisioned_concurrency_config(context: Context, input: Input) -> Output:
    """204, also when there is none; the environments leave when they have nothing to do."""
    name, qualifier = _published(context, input)
    context.store.attachments.remove("provisioned-concurrency", name, qualifier)
    context.store.functions.changed(name)
    return {}


def list_provisioned_concurrency_configs(context: Context, input: Input) -> Output:
    """One page of the function's, by qualifier."""
    name, _ = context.named(input)
    context.function(name)
    shown, more = attached_page(context, "provisioned-concurrency", name, input)
    return {
        "ProvisionedConcurrencyConfigs": [
            {
                "FunctionArn": context.arn(name, qualifier),
                **_rendered(context, name, qualifier, value),
            }
            for qualifier, value in shown
        ],
        **more,
    }


def wanted(context: Context, specs: Specs, name: str) -> dict[str, Wanted]:
    """What the runtime is to keep for a function, by qualifier; nothing for a missing one."""
    requests: dict[str, Wanted] = {}
    for qualifier, value in all_of(context, name):
        version, alias = context.version(name, qualifier)
        number: int = value["Requested"]
        if version.configuration.get("State") == "Pending":
            number = 0  # its dependencies are being installed
        shares = []
        for other, weight in alias.weights.items() if alias else ():
            share = math.ceil(number * weight)
            number -= share
            shares.append((specs.spec(context.version(name, other)[0]), share))
        shares.append((specs.spec(version), number))
        asked = value["Asked"]
        requests[qualifier] = Wanted(asked, [share for share in shares if share[1] > 0])
    return requests


def check_moved(context: Context, alias: Alias) -> None:
    """Refuse an alias that brings provisioned concurrency to a version that cannot have it, or has
    its own."""
    own = provisioned_of(context, alias.function)
    if alias.name not in own:
        return
    for number in (alias.version, *alias.weights):
        _check_version(context.version(alias.function, number)[0])
        if number in own:
            raise conflict(_ALIAS_OF_PROVISIONED)


def _check_version(version: Version) -> None:
    if version.version == LATEST:
        raise invalid_parameter(_UNPUBLISHED)
    if snapstart.applies(version.configuration):
        raise invalid_parameter(
            "Provisioned Concurrency is not supported for SnapStart enabled functions."
        )


def _published(context: Context, input: Input) -> tuple[str, str]:
    name, qualifier = context.named(input)
    if qualifier is None or qualifier == LATEST:
        raise invalid_parameter(
            "The function resource provided must be an alias or a published version."
        )
    _check_exists(context, name, qualifier)
    return name, qualifier


def _check_exists(context: Context, name: str, qualifier: str) -> None:
    if qualifier.isdigit():
        context.version(name, qualifier)
    else:
        context.alias(name, qualifier)


def _refuse_second(context: Context, name: str, qualifier: str, alias: Alias | None) -> None:
    """A version has either its own configuration or that of an alias."""
    own = provisioned_of(context, name)
    if alias is not None:
        if alias.weights:
            raise invalid_parameter(
                "Alias with weights can not be used with Provisioned Concurrency"
            )
        if alias.version in own:
            raise conflict(_ALIAS_OF_PROVISIONED)
        return
    for other in own:
        found = context.store.functions.alias(name, other)
        if found is not None and qualifier in (found.version, *found.weights):
            raise conflict("Version is pointed by a Provisioned Concurrency alias")


def _check_limits(context: Context, name: str, qualifier: str, wanted: int) -> None:
    others = sum(n for other, n in provisioned_of(context, name).items() if other != qualifier)
    reserved = context.function(name).reserved_concurrency
    if reserved is not None:
        if others + wanted > reserved:
            raise invalid_parameter(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        return
    unreserved = unclaimed(context, without=name) - others
    if wanted > unreserved:
        raise invalid_parameter(
            "Specified ConcurrentExecutions for function is greater than account's unreserved "
            f"concurrency [{unreserved}].",
            type=None,
        )
    minimum = context.config.unreserved_minimum
    if unreserved - wanted < minimum:
        raise invalid_parameter(
            "Specified ConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{minimum}].",
            type=None,
        )


def _rendered(context: Context, name: str, qualifier: str, value: dict[str, Any]) -> Output:
    now = context.runtime.provisioned(context.arn(name), qualifier)
    modified = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(value["Asked"]))
    output: Output = {
        "RequestedProvisionedConcurrentExecutions": value["Requested"],
        "AvailableProvisionedConcurrentExecutions": now.available,
        "AllocatedProvisionedConcurrentExecutions": now.allocated,
        "Status": now.status,
        "LastModified": modified,
    }
    if now.reason is not None:
        output["StatusReason"] = now.reason
    return output
