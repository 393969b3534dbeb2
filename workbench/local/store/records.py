"""The rows of the local Lambda's state, as plain data."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Image:
    """The container image of a version: as it was named, and as `repository@sha256:digest`."""

    uri: str
    resolved_uri: str

    @property
    def digest(self) -> str:
        """The SHA-256 (hex), which is the CodeSha256 of its function."""
        return self.resolved_uri.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Link:
    """A function whose $LATEST is a folder on this machine: saving a file changes it. Or that of a
    project, with a container `image`: then the folder is of no meaning.

    `timeout` is in seconds, sizes are in MB. `layers` and `dependencies` (third-party packages
    installed for it) are folders. `url` has AuthType, InvokeMode, Cors and Public (whether all may
    use it) of the URL that is declared for it; `event_invoke_config` has what
    PutFunctionEventInvokeConfig takes, `event_sources` what CreateEventSourceMapping and
    `permissions` what AddPermission takes, but FunctionName. `alias` leads to $LATEST and has the
    `provisioned_concurrency`.
    """

    name: str
    folder: Path
    runtime: str
    handler: str
    description: str = ""
    timeout: int = 3
    memory_size: int = 128
    ephemeral_storage: int = 512
    architecture: str = "x86_64"
    active_tracing: bool = False
    logging: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()
    dependencies: Path | None = None
    url: Mapping[str, Any] | None = None
    dead_letter_arn: str | None = None
    event_invoke_config: Mapping[str, Any] | None = None
    event_sources: tuple[Mapping[str, Any], ...] = ()
    permissions: tuple[Mapping[str, Any], ...] = ()
    image: Image | None = None
    image_config: Mapping[str, Any] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    alias: str | None = None
    provisioned_concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """What all versions of a function share. `last_version` is the highest number ever given."""

    name: str
    last_version: int = 0
    reserved_concurrency: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """One version: "$LATEST" or a number.

    `configuration` has FunctionConfiguration's members as AWS returns them, but with an
    unqualified FunctionArn. `code` is the SHA-256 (hex) of its archive in the code store; "" for
    a linked folder, which is then `folder`, and for a container `image`. `layers` and
    `dependencies` are folders; a relative one is a folder of the code store. `source` tells what
    $LATEST was when a version was published from it.
    """

    function: str
    version: str
    configuration: Mapping[str, Any]
    code: str = ""
    folder: Path | None = None
    layers: tuple[Path, ...] = ()
    dependencies: Path | None = None
    source: str = ""
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version. `weights` maps at most one other version to its share, 0.0 to 1.0."""

    function: str
    name: str
    version: str
    description: str
    revision_id: str
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """One version of a layer. `code` is the SHA-256 (hex) of its archive in the code store, `size`
    the archive's bytes. What it says it fits is None where nothing was said. `statements` are its
    policy's, `policy_revision` is "" without one."""

    layer: str
    version: int
    code: str
    size: int
    created: str
    description: str = ""
    license: str | None = None
    architectures: tuple[str, ...] | None = None
    runtimes: tuple[str, ...] | None = None
    statements: tuple[Mapping[str, Any], ...] = ()
    policy_revision: str = ""

    @property
    def code_sha256(self) -> str:
        """The SHA-256 as AWS shows it: base64."""
        return base64.b64encode(bytes.fromhex(self.code)).decode()


@dataclass(frozen=True, slots=True)
class CodeSigningConfig:
    """Whose signatures are accepted (`publishers` are ARNs of signing profile versions), and what
    happens to code without one: `policy` is "Warn" or "Enforce"."""

    id: str
    publishers: tuple[str, ...]
    policy: str
    modified: str
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AsyncEvent:
    """An accepted asynchronous invocation. `due` and `accepted` are epoch seconds.

    `qualifier` is what it was invoked by, "" for none. `attempts` counts the times the function
    ran and failed; `last_version` and `last_response` are those of the last such time. `waits_for`
    says in words what it waits for, "" before its first attempt.
    """

    id: int
    request_id: str
    function: str
    qualifier: str
    trace_header: str
    accepted: float
    due: float
    attempts: int
    waits_for: str
    last_version: str
    last_response: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be sent to the destination or dead-letter queue `arn` about an event of
    `function` and `qualifier`.

    `attributes` are the message attributes of a dead letter; a record has `Result` there, Success
    or Failure. `due` is in epoch seconds, `tries` were made. `id` is 0 until it is kept.
    """

    kind: Literal["destination", "dead-letter"]
    function: str
    qualifier: str
    arn: str
    trace_header: str
    attributes: Mapping[str, str]
    body: bytes
    due: float
    tries: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class EventSourceMapping:
    """What a function is invoked with: `configuration` has EventSourceMappingConfiguration's
    members as AWS returns them, LastModified and StartingPositionTimestamp in epoch seconds.

    `enabled` is what was asked for last; State is on its way there.
    """

    uuid: str
    configuration: Mapping[str, Any]
    enabled: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """Creating, Enabling, Enabled, Disabling, Disabled, Updating or Deleting (§7.1)."""
        state: str = self.configuration["State"]
        return state
