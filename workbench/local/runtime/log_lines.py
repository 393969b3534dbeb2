"""The platform's own log lines, as text (lambda-facts §3.1) and as JSON (§3.2, §1.6)."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping

from workbench.local.runtime.records import FunctionSpec, InvokeRequest, Report


def runtime_version(spec: FunctionSpec) -> tuple[str, str]:
    """The runtime version and its ARN, as INIT_START gives them; made up but stable."""
    name = spec.runtime.replace("python", "python:").replace("nodejs", "nodejs:").removesuffix(".x")
    if name.startswith("provided."):
        name = name.replace(".", ":", 1)
    digest = hashlib.sha256(spec.runtime.encode()).hexdigest()
    return f"{name}.v1", f"arn:aws:lambda:{spec.region}::runtime:{digest}"


def init_start(spec: FunctionSpec, instance: str, phase: str) -> str:
    """Written when an environment starts."""
    version, arn = runtime_version(spec)
    if spec.log_format == "JSON":
        return _envelope(
            "platform.initStart",
            {
                "initializationType": "on-demand",
                "phase": phase,
                "runtimeVersion": version,
                "runtimeVersionArn": arn,
                "functionName": spec.name,
                "functionVersion": spec.version,
                "instanceId": instance,
                "instanceMaxMemory": spec.memory_size * 1024 * 1024,
            },
        )
    return f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}\n"


def init_report(
    spec: FunctionSpec, init_ms: float, phase: str, status: str, error_type: str | None
) -> str:
    """Written when an initialisation fails or takes too long."""
    if spec.log_format == "JSON":
        record: dict[str, object] = {
            "initializationType": "on-demand",
            "phase": phase,
            "status": status,
            "metrics": {"durationMs": round(init_ms, 3)},
        }
        if error_type:
            record["errorType"] = error_type
        return _envelope("platform.initReport", record)
    kind = f"\tError Type: {error_type}" if error_type else ""
    return f"INIT_REPORT Init Duration: {init_ms:.2f} ms\tPhase: {phase}\tStatus: {status}{kind}\n"


def start(spec: FunctionSpec, request: InvokeRequest) -> str:
    """Written when an invocation begins."""
    if spec.log_format == "JSON":
        record = {
            "requestId": request.request_id,
            "functionArn": request.invoked_arn,
            "version": spec.version,
        }
        return _envelope("platform.start", record)
    return f"START RequestId: {request.request_id} Version: {spec.version}\n"


def end(spec: FunctionSpec, request_id: str) -> str | None:
    """Written when an invocation is over; None in the JSON format, which has no such event."""
    return None if spec.log_format == "JSON" else f"END RequestId: {request_id}\n"


def report(spec: FunctionSpec, request_id: str, figures: Report) -> str:
    """The last line of an invocation."""
    if spec.log_format == "JSON":
        return _json_report(request_id, figures)
    line = (
        f"REPORT RequestId: {request_id}\tDuration: {figures.duration_ms:.2f} ms\t"
        f"Billed Duration: {figures.billed_ms} ms\tMemory Size: {figures.memory_size} MB\t"
        f"Max Memory Used: {figures.max_memory_used} MB\t"
    )
    if figures.init_ms is not None:
        line += f"Init Duration: {figures.init_ms:.2f} ms\t"
    if figures.status != "success":
        line += f"Status: {figures.status}"
        if figures.error_type and figures.status != "timeout":
            line += f"\tError Type: {figures.error_type}"
    return line + "\n"


def _json_report(request_id: str, figures: Report) -> str:
    metrics: dict[str, object] = {
        "durationMs": round(figures.duration_ms, 3),
        "billedDurationMs": figures.billed_ms,
        "memorySizeMB": figures.memory_size,
        "maxMemoryUsedMB": figures.max_memory_used,
    }
    if figures.init_ms is not None:
        metrics["initDurationMs"] = round(figures.init_ms, 3)
    record: dict[str, object] = {
        "requestId": request_id,
        "metrics": metrics,
        "status": figures.status,
    }
    if figures.error_type and figures.status != "timeout":
        record["errorType"] = figures.error_type
    return _envelope("platform.report", record)


def _envelope(kind: str, record: Mapping[str, object]) -> str:
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
    event = {"time": stamp, "type": kind, "record": record}
    return json.dumps(event, separators=(",", ":")) + "\n"
