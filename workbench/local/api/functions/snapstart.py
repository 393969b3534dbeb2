"""SnapStart in a function's configuration (lambda-facts §11.2, §4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.local.errors import ApiError, invalid_parameter

RUNTIMES = frozenset(
    {
        "java11", "java17", "java21", "java25", "python3.12", "python3.13", "python3.14",
        "dotnet8", "dotnet10",
    }
)  # fmt: skip
_MAX_STORAGE = 512

# What keeps a version from becoming Active, by the error type of its initialisation.
_REASON_CODES = {
    "Sandbox.Timedout": "FunctionError.InitTimeout",
    "Runtime.InvalidEntrypoint": "FunctionError.InvalidEntryPoint",
    "Runtime.InvalidWorkingDir": "FunctionError.InvalidWorkingDirectory",
}


def applies(configuration: Mapping[str, Any]) -> bool:
    """Whether versions that are published from this get a snapshot."""
    return bool(configuration.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions")


def is_optimised(configuration: Mapping[str, Any]) -> bool:
    """Whether this is a version whose environments are restored from a snapshot."""
    return bool(configuration.get("SnapStart", {}).get("OptimizationStatus") == "On")


def optimised(configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration of a version that is published from this; this itself without SnapStart."""
    if not applies(configuration):
        return configuration
    return {
        **configuration,
        "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"},
    }


def check(configuration: Mapping[str, Any]) -> None:
    """Refuse what SnapStart does not go with."""
    if not applies(configuration):
        return
    if configuration["PackageType"] == "Image":
        raise _not_supported("ContainerImage")
    runtime = configuration.get("Runtime")
    if runtime and runtime not in RUNTIMES:
        raise _not_supported(runtime)
    if configuration["EphemeralStorage"]["Size"] > _MAX_STORAGE:
        raise _not_supported(f"Ephemeral storage greater than {_MAX_STORAGE} MB")
    if configuration.get("FileSystemConfigs"):
        raise _not_supported("Amazon EFS")


def failed(error_type: str, message: str) -> dict[str, str]:
    """The state of a version whose snapshot could not be made."""
    if error_type.startswith("Extension."):
        code = "FunctionError.ExtensionInitError"
    else:
        code = _REASON_CODES.get(error_type, "FunctionError.RuntimeInitError")
    reason = f"{error_type}: {message}" if message else error_type
    return {"State": "Failed", "StateReason": reason, "StateReasonCode": code}


def _not_supported(what: str) -> ApiError:
    return invalid_parameter(f"{what} is not supported for SnapStart enabled functions.")
