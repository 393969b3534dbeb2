"""A function's configuration as lines for people, and which of its variables are secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SECRET_NAME = re.compile(
    r"secret|token|passw|pwd|credential|private|api_?key|access_?key|auth|signing|salt|dsn|cert"
    r"|(?:^|_)key(?:$|_)",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{12,}|eyJ[\w-]{10,}\.|-----BEGIN|://[^/\s:@]*:[^/\s@]+@"
    r"|(?:sk|pk|ghp|gho|xox[abp])[-_]\w{10,}"
)
_RANDOM = re.compile(r"(?=[^\s]*\d)(?=[^\s]*[A-Za-z])[A-Za-z0-9+/_=-]{24,}")
# Long and mixed, but the name of something.
_NAMED = re.compile(r"arn:|https?://|/|.*\.(?:com|net|org|io|local)$")


def is_secret(name: str, value: str) -> bool:
    """Whether a variable looks as if its value should not be on a screen that others see."""
    if _SECRET_NAME.search(name) or _SECRET_VALUE.search(value):
        return True
    return bool(_RANDOM.fullmatch(value)) and not _NAMED.match(value)


def masked(value: str) -> str:
    """What is shown of a secret: nothing but that it is there."""
    return f"●●●●●● hidden ({len(value)} characters)" if value else "(empty)"


def lines(configuration: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(label, value) of what GetFunctionConfiguration tells, without variables and role."""
    c = configuration
    if c.get("PackageType") == "Image":
        yield "Package", "container image"
    else:
        yield "Runtime", f"{c.get('Runtime', '?')}  handler {c.get('Handler', '?')}"
    architecture = ", ".join(c.get("Architectures", ["x86_64"]))
    yield "Memory", f"{c.get('MemorySize', 128):,} MB  {architecture}"
    yield "Timeout", f"{c.get('Timeout', 3)} s"
    yield "/tmp", f"{c.get('EphemeralStorage', {}).get('Size', 512):,} MB"
    modified = str(c.get("LastModified", ""))[:19].replace("T", " ")
    yield "Code", f"{c.get('CodeSize', 0) / 1024:,.1f} KB  changed {modified} UTC"
    yield "State", _state(c)
    if c.get("Description"):
        yield "Description", str(c["Description"])
    if layers := [layer["Arn"].split(":layer:")[-1] for layer in c.get("Layers", [])]:
        yield "Layers", ", ".join(layers)
    if vpc := c.get("VpcConfig", {}).get("VpcId"):
        subnets = c["VpcConfig"].get("SubnetIds", [])
        yield "VPC", f"{vpc} in {', '.join(subnets)}"
    if queue := c.get("DeadLetterConfig", {}).get("TargetArn"):
        yield "Dead letters", f"to {queue}"
    if c.get("TracingConfig", {}).get("Mode") == "Active":
        yield "Tracing", "X-Ray, active"
    if (start := c.get("SnapStart", {})).get("ApplyOn") == "PublishedVersions":
        yield "SnapStart", f"on published versions ({start.get('OptimizationStatus', '?')})"
    if key := c.get("KMSKeyArn"):
        yield "Key", f"variables are encrypted with {key}"
    for system in c.get("FileSystemConfigs", []):
        yield "File system", f"{system.get('Arn')} at {system.get('LocalMountPath')}"
    logging = c.get("LoggingConfig", {})
    if logging:
        yield "Logs", f"{logging.get('LogGroup', '')}  as {logging.get('LogFormat', 'Text')}"


def _state(c: Mapping[str, Any]) -> str:
    state = str(c.get("State") or "Active")
    glyph = {"Active": "●", "Pending": "◌", "Inactive": "○", "Failed": "✗"}.get(state, "?")
    words = f"{glyph} {state}"
    if c.get("StateReason"):
        words += f": {c['StateReason']}"
    update = c.get("LastUpdateStatus")
    if update == "InProgress":
        words += "  ◌ update in progress"
    elif update == "Failed":
        words += f"  ✗ update failed: {c.get('LastUpdateStatusReason', 'no reason given')}"
    return words
