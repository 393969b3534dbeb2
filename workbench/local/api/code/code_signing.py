"""Code signing configurations, and what they refuse (lambda-facts §4.6 no. 10).

Signatures themselves are AWS Signer's; here only code without any is told from code with one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace

from workbench.local.api.context import Context, Input, Output
from workbench.local.api.functions import configuration
from workbench.local.api.paging import page_size
from workbench.local.arns import code_signing_config_arn
from workbench.local.errors import ApiError, conflict, not_found
from workbench.local.store import zips
from workbench.local.store.records import CodeSigningConfig, LayerVersion


def create_code_signing_config(context: Context, input: Input) -> Output:
    """201 with the configuration; unsigned code is only warned of unless it says Enforce."""
    config = CodeSigningConfig(
        f"csc-{secrets.token_hex(9)[:17]}",
        tuple(input["AllowedPublishers"]["SigningProfileVersionArns"]),
        _policy(input) or "Warn",
        configuration.now(),
        input.get("Description"),
        input.get("Tags") or {},
    )
    context.store.code_signing_configs.put(config)
    return {"CodeSigningConfig": _rendered(context, config)}


def get_code_signing_config(context: Context, input: Input) -> Output:
    """The configuration, or 404."""
    return {"CodeSigningConfig": _rendered(context, found(context, input["CodeSigningConfigArn"]))}


def update_code_signing_config(context: Context, input: Input) -> Output:
    """Change what is given. Functions that have the configuration follow it from now on."""
    config = found(context, input["CodeSigningConfigArn"])
    publishers = input.get("AllowedPublishers")
    changed = replace(
        config,
        description=input.get("Description", config.description),
        publishers=(
            config.publishers
            if publishers is None
            else tuple(publishers["SigningProfileVersionArns"])
        ),
        policy=_policy(input) or config.policy,
        modified=configuration.now(),
    )
    context.store.code_signing_configs.put(changed)
    return {"CodeSigningConfig": _rendered(context, changed)}


def delete_code_signing_config(context: Context, input: Input) -> Output:
    """204, unless a function has it."""
    config = found(context, input["CodeSigningConfigArn"])
    if context.store.attachments.functions_with("code-signing-config", config.id):
        raise conflict(
            "The code signing configuration cannot be deleted because functions use it: "
            f"{input['CodeSigningConfigArn']}"
        )
    context.store.code_signing_configs.delete(config.id)
    return {}


def list_code_signing_configs(context: Context, input: Input) -> Output:
    """One page of the configurations. `Marker` is the id of the last one before."""
    configs = context.store.code_signing_configs.all(after=input.get("Marker") or "")
    size = page_size(input)
    output: Output = {
        "CodeSigningConfigs": [_rendered(context, config) for config in configs[:size]]
    }
    if len(configs) > size:
        output["NextMarker"] = configs[size - 1].id
    return output


def list_functions_by_code_signing_config(context: Context, input: Input) -> Output:
    """One page of the ARNs of functions that have it. `Marker` is the last name before."""
    config = found(context, input["CodeSigningConfigArn"])
    marker = input.get("Marker") or ""
    names = [
        name
        for name in context.store.attachments.functions_with("code-signing-config", config.id)
        if name > marker
    ]
    size = page_size(input)
    output: Output = {"FunctionArns": [context.arn(name) for name in names[:size]]}
    if len(names) > size:
        output["NextMarker"] = names[size - 1]
    return output


def put_function_code_signing_config(context: Context, input: Input) -> Output:
    """Give the function the configuration: it counts for code that is uploaded from now on."""
    config = usable(context, input["CodeSigningConfigArn"])
    name, _ = context.named(input)
    context.function(name)
    context.store.attachments.put("code-signing-config", name, config.id)
    return {"CodeSigningConfigArn": input["CodeSigningConfigArn"], "FunctionName": name}


def get_function_code_signing_config(context: Context, input: Input) -> Output:
    """What the function has; empty when it has none."""
    name, _ = context.named(input)
    context.function(name)
    id = context.store.attachments.get("code-signing-config", name)
    if id is None:
        return {}
    return {
        "CodeSigningConfigArn": code_signing_config_arn(context.config, id),
        "FunctionName": name,
    }


def delete_function_code_signing_config(context: Context, input: Input) -> Output:
    """204; also when the function had none."""
    name, _ = context.named(input)
    context.function(name)
    context.store.attachments.remove("code-signing-config", name)
    return {}


def found(context: Context, arn: str) -> CodeSigningConfig:
    """The configuration, or 404."""
    config = _by_arn(context, arn)
    if config is None:
        raise not_found(f"The Lambda code signing configuration {arn} can not be found.", type=None)
    return config


def usable(context: Context, arn: str) -> CodeSigningConfig:
    """The configuration a function is to have, or the 404 that this has."""
    config = _by_arn(context, arn)
    if config is None:
        raise ApiError(
            "CodeSigningConfigNotFoundException",
            "The code signing configuration cannot be found. Check that the provided configuration "
            f"is not deleted: {arn}.",
        )
    return config


def config_of(context: Context, name: str) -> CodeSigningConfig | None:
    """What the function has, or None."""
    id = context.store.attachments.get("code-signing-config", name)
    return None if id is None else context.store.code_signing_configs.get(id)


def check_code(config: CodeSigningConfig | None, name: str, archive: bytes) -> None:
    """Refuse to deploy `archive` to the function `name` when `config` enforces a signature that
    it has not."""
    if config is not None and config.policy == "Enforce" and not zips.is_signed(archive):
        raise ApiError(
            "CodeVerificationFailedException",
            "Lambda cannot deploy the function. The function or layer might be signed using a "
            "signature that the client is not configured to accept. Check the provided signature "
            f"for {name}.",
        )


def check_layers(
    context: Context, config: CodeSigningConfig | None, name: str, layers: Iterable[LayerVersion]
) -> None:
    """The same for the layers it is to have."""
    if config is not None:
        for layer in layers:
            check_code(config, name, context.store.code.archive(layer.code).read_bytes())


def _by_arn(context: Context, arn: str) -> CodeSigningConfig | None:
    config = context.store.code_signing_configs.get(arn.rpartition(":")[2])
    own = config is not None and code_signing_config_arn(context.config, config.id) == arn
    return config if own else None


def _policy(input: Input) -> str | None:
    policy: str | None = (input.get("CodeSigningPolicies") or {}).get(
        "UntrustedArtifactOnDeployment"
    )
    return policy


def _rendered(context: Context, config: CodeSigningConfig) -> Output:
    return {
        "CodeSigningConfigId": config.id,
        "CodeSigningConfigArn": code_signing_config_arn(context.config, config.id),
        "Description": config.description,
        "AllowedPublishers": {"SigningProfileVersionArns": list(config.publishers)},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.policy},
        "LastModified": config.modified,
    }
