"""AWS's answers as our records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.aws.records import Alias, Function


def function_of(answer: Mapping[str, Any]) -> Function:
    """A FunctionConfiguration, as every function operation of Lambda returns it."""
    return Function(
        name=answer["FunctionName"],
        arn=answer["FunctionArn"],
        runtime=answer.get("Runtime", ""),
        handler=answer.get("Handler", ""),
        version=answer.get("Version", "$LATEST"),
        state=answer.get("State"),
        state_reason=answer.get("StateReason"),
        last_update_status=answer.get("LastUpdateStatus"),
        description=answer.get("Description", ""),
        timeout=answer.get("Timeout", 3),
        memory_size=answer.get("MemorySize", 128),
        ephemeral_storage=answer.get("EphemeralStorage", {}).get("Size", 512),
        code_size=answer.get("CodeSize", 0),
        code_sha256=answer.get("CodeSha256", ""),
        last_modified=answer.get("LastModified", ""),
        package_type=answer.get("PackageType", "Zip"),
        architectures=tuple(answer.get("Architectures", ("x86_64",))),
        environment=dict(answer.get("Environment", {}).get("Variables", {})),
        layers=tuple(layer["Arn"] for layer in answer.get("Layers", ())),
        # Functions of before LoggingConfig came have the default group (lambda-facts §3.3).
        log_group=answer.get("LoggingConfig", {}).get("LogGroup")
        or f"/aws/lambda/{answer['FunctionName']}",
        revision_id=answer.get("RevisionId", ""),
    )


def alias_of(answer: Mapping[str, Any]) -> Alias:
    """An AliasConfiguration."""
    routing = answer.get("RoutingConfig") or {}
    return Alias(
        name=answer["Name"],
        arn=answer["AliasArn"],
        function_version=answer["FunctionVersion"],
        description=answer.get("Description", ""),
        weights=dict(routing.get("AdditionalVersionWeights") or {}),
        revision_id=answer.get("RevisionId", ""),
    )
