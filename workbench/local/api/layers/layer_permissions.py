"""The policy of a layer version: who may use it (lambda-facts §4.6 no. 5, 8, 16, 20)."""

from __future__ import annotations

from dataclasses import replace

from workbench.local.api.context import Context, Input, Output, new_revision
from workbench.local.api.functions import policies
from workbench.local.api.layers.layers import own_layer
from workbench.local.arns import layer_arn, partition
from workbench.local.errors import not_found, stale_revision
from workbench.local.store.records import LayerVersion


def add_layer_version_permission(context: Context, input: Input) -> Output:
    """201 with the statement, as a JSON text, and the policy's RevisionId."""
    version = _version(context, input)
    policies.refuse_duplicate(version.statements, input["StatementId"])
    _check_revision(version, input)
    account = input["Principal"]
    if account.isdecimal():
        account = f"arn:{partition(context.config.region)}:iam::{account}:root"
    statement = {
        "Sid": input["StatementId"],
        "Effect": "Allow",
        "Principal": account if account == "*" else {"AWS": account},
        "Action": input["Action"],
        "Resource": layer_arn(context.config, version.layer, version.version),
    }
    if input.get("OrganizationId"):
        organization = {"aws:PrincipalOrgID": input["OrganizationId"]}
        statement["Condition"] = {"StringEquals": organization}
    statements = (*version.statements, statement)
    policies.check_length(statements)
    revision = new_revision()
    context.store.layers.put(replace(version, statements=statements, policy_revision=revision))
    return {"Statement": policies.compact(statement), "RevisionId": revision}


def get_layer_version_policy(context: Context, input: Input) -> Output:
    """The whole policy as a JSON text, or 404 when nothing was ever allowed."""
    version = _version(context, input)
    if not version.statements:
        raise not_found(policies.NONE)
    return {
        "Policy": policies.document(version.statements),
        "RevisionId": version.policy_revision,
    }


def remove_layer_version_permission(context: Context, input: Input) -> Output:
    """204."""
    version = _version(context, input)
    if not version.statements:
        raise not_found(policies.NONE)
    _check_revision(version, input)
    left = policies.without(version.statements, input["StatementId"])
    revision = new_revision() if left else ""
    context.store.layers.put(replace(version, statements=left, policy_revision=revision))
    return {}


def _version(context: Context, input: Input) -> LayerVersion:
    layer, number = own_layer(context, input["LayerName"]), input["VersionNumber"]
    version = context.store.layers.get(layer, number)
    if version is None:
        arn = layer_arn(context.config, layer, number)
        raise not_found(f"Layer version {arn} does not exist.")
    return version


def _check_revision(version: LayerVersion, input: Input) -> None:
    if input.get("RevisionId") not in (None, version.policy_revision):
        raise stale_revision("GetLayerPolicy")
