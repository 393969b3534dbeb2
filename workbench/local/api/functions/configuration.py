"""FunctionConfiguration: made from requests, checked as Lambda does, and rendered."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from workbench.local.api.code import images
from workbench.local.api.context import Context, Input, Output, new_revision
from workbench.local.api.functions import snapstart
from workbench.local.api.protocols.overrides import NEWER_RUNTIMES, RUNTIMES
from workbench.local.api.protocols.validate import validation_error, violation
from workbench.local.errors import invalid_parameter
from workbench.local.store.records import LATEST, Version

RETIRED = frozenset(
    {
        "nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x",
        "nodejs14.x", "java8", "python2.7", "python3.6", "python3.7", "dotnetcore1.0",
        "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "nodejs4.3-edge", "go1.x", "ruby2.5",
        "ruby2.7", "provided",
    }
)  # fmt: skip
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION",
        "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip
MAX_ENVIRONMENT = 4096

_STATES = (
    "State", "StateReason", "StateReasonCode", "LastUpdateStatus", "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
)  # fmt: skip


def now() -> str:
    """A LastModified: `YYYY-MM-DDTHH:MM:SS.mmm+0000`."""
    moment = datetime.datetime.now(datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def created(context: Context, name: str, input: Input) -> dict[str, Any]:
    """The configuration a CreateFunction asks for, with Lambda's defaults (lambda-facts §4.3)."""
    configuration: dict[str, Any] = {
        "FunctionName": name,
        "FunctionArn": context.arn(name),
        "Runtime": input.get("Runtime"),
        "Role": input["Role"],
        "Handler": input.get("Handler"),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": LATEST,
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": input.get("PackageType", "Zip"),
        "Architectures": input.get("Architectures") or ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    apply(context, configuration, input)
    return configuration


def apply(context: Context, configuration: dict[str, Any], input: Input) -> None:
    """Change `configuration` as the members of a create or update request say, checked. Layers
    are `function_layers`' matter."""
    if configuration["PackageType"] == images.IMAGE:
        images.check_members(input)
    if "Runtime" in input:
        _check_runtime(input["Runtime"])
    variables = (input.get("Environment") or {}).get("Variables")
    if variables is not None:
        check_environment(variables)
    for member in (
        "Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "KMSKeyArn",
        "TracingConfig", "EphemeralStorage", "FileSystemConfigs", "VpcConfig",
    ):  # fmt: skip
        if member in input:
            configuration[member] = input[member]
    if not configuration.get("KMSKeyArn"):
        configuration.pop("KMSKeyArn", None)
    if "Environment" in input:
        configuration["Environment"] = {"Variables": variables or {}}
    if "ImageConfig" in input:
        images.apply_config(configuration, input["ImageConfig"])
    if "DeadLetterConfig" in input:
        _apply_dead_letter(configuration, input["DeadLetterConfig"])
    if "SnapStart" in input:
        apply_on = input["SnapStart"].get("ApplyOn", "None")
        configuration["SnapStart"] = {"ApplyOn": apply_on, "OptimizationStatus": "Off"}
    if "LoggingConfig" in input:
        _apply_logging(configuration, input["LoggingConfig"])
    if configuration.get("Runtime"):
        digest = hashlib.sha256(configuration["Runtime"].encode()).hexdigest()
        runtime = f"arn:aws:lambda:{context.config.region}::runtime:{digest}"
        configuration["RuntimeVersionConfig"] = {"RuntimeVersionArn": runtime}
    snapstart.check(configuration)


def _check_runtime(runtime: str) -> None:
    if runtime in RETIRED:
        raise invalid_parameter(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or "
            "updating functions."
        )
    if runtime not in (*RUNTIMES, *NEWER_RUNTIMES):
        raise invalid_parameter(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(RUNTIMES)}] or be a valid ARN"
        )


def check_environment(variables: Mapping[str, str]) -> None:
    """Refuse reserved names and more than 4 KB (lambda-facts §4.6 no. 35)."""
    refusal = "Lambda was unable to configure your environment variables because the environment "
    reserved = [key for key in variables if key in RESERVED_VARIABLES]
    if reserved:
        raise invalid_parameter(
            f"{refusal}variables you have provided contains reserved keys that are currently not "
            "supported for modification. Reserved keys used in this request: " + ", ".join(reserved)
        )
    measured = json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode("utf-8", "replace")) > MAX_ENVIRONMENT:
        raise invalid_parameter(
            f"{refusal}variables you have provided exceeded the 4KB limit. "
            f"String measured: {measured}"
        )


def _apply_dead_letter(configuration: dict[str, Any], asked: Mapping[str, Any]) -> None:
    arn = asked.get("TargetArn")
    if not arn:
        configuration.pop("DeadLetterConfig", None)
        return
    if not re.fullmatch(r"arn:[^:]+:(sqs|sns):[^:]*:\d{12}:[^:]+(?<!\.fifo)", arn):
        raise invalid_parameter(
            f"Invalid dead letter ARN: {arn} is not the ARN of a standard SQS queue or SNS topic."
        )
    configuration["DeadLetterConfig"] = {"TargetArn": arn}


def _apply_logging(configuration: dict[str, Any], asked: Mapping[str, Any]) -> None:
    logging = dict(configuration["LoggingConfig"])
    logging.update({key: value for key, value in asked.items() if value})
    levels = ("ApplicationLogLevel", "SystemLogLevel")
    if logging["LogFormat"] == "JSON":
        for level in levels:
            logging.setdefault(level, "INFO")
    else:
        if any(asked.get(level) for level in levels):
            raise invalid_parameter(
                "To set ApplicationLogLevel or SystemLogLevel, LogFormat must be JSON."
            )
        for level in levels:
            logging.pop(level, None)
    if logging["LogGroup"].startswith("aws/"):
        raise validation_error(
            [
                violation(
                    logging["LogGroup"],
                    "loggingConfig.logGroup",
                    "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
                )
            ]
        )
    configuration["LoggingConfig"] = logging


def with_code(configuration: Mapping[str, Any], code_sha256: str, size: int) -> dict[str, Any]:
    """The configuration with other code."""
    return {**configuration, "CodeSha256": code_sha256, "CodeSize": size}


def changed(configuration: Mapping[str, Any], states: Mapping[str, str]) -> dict[str, Any]:
    """The configuration in another state, with a new RevisionId and LastModified."""
    kept = {key: value for key, value in configuration.items() if key not in _STATES}
    return {**kept, **states, "RevisionId": new_revision(), "LastModified": now()}


def fingerprint(version: Version) -> str:
    """What publishing compares: code, layers and configuration, not when or in what state
    (§4.4)."""
    facts: dict[str, Any] = {
        key: value
        for key, value in version.configuration.items()
        if key not in (*_STATES, "RevisionId", "LastModified", "Version")
    }
    if version.layers:
        facts["Folders"] = [str(layer) for layer in version.layers]
    return hashlib.sha1(
        json.dumps(facts, sort_keys=True).encode(), usedforsecurity=False
    ).hexdigest()


def rendered(context: Context, version: Version, qualifier: str | None = None) -> Output:
    """The configuration as the API returns it; its ARN ends with `qualifier`, if any."""
    output = dict(version.configuration)
    output["FunctionArn"] = context.arn(version.function, qualifier)
    if version.folder is not None and "CodeSha256" not in output:
        snapshot = context.store.code.measured(version.folder)
        if snapshot is not None:
            output |= {"CodeSha256": snapshot.code_sha256, "CodeSize": snapshot.size}
    return output


def listed(context: Context, version: Version, qualifier: str | None) -> Output:
    """The configuration as lists have it: no State, update status or runtime version (§4.4)."""
    output = rendered(context, version, qualifier)
    for member in (*_STATES, "RuntimeVersionConfig"):
        output.pop(member, None)
    return output
