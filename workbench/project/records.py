"""What is known of a project on disk: its functions and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.project.front_doors.apis import Api
from workbench.project.front_doors.front_door import Declared


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the project that a person must mend.

    `line` and `column` count from 1; None where the problem has no place. `message` is one
    sentence that says what is wrong and what to do.
    """

    file: Path
    message: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """A URL that a template gives a function. `auth_type`, `invoke_mode` and the members of `cors`
    are CreateFunctionUrlConfig's; `public` tells that the function's policy opens it to all."""

    auth_type: str
    invoke_mode: str = "BUFFERED"
    cors: Mapping[str, Any] = field(default_factory=dict)
    public: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentPreference:
    """How SAM has CodeDeploy deploy a function: the configuration's name without CodeDeploy's
    prefix, the functions that are its hooks ("" for none), and the names of CloudWatch alarms."""

    type: str
    before_hook: str = ""
    after_hook: str = ""
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """A function whose code is a folder (or a built artefact) on this machine, or a container
    image, which has an `image_uri`, the members of its ImageConfig, and no runtime and handler.

    `code` is the folder that becomes LAMBDA_TASK_ROOT, `layers` are folders (or zips) in the
    order AWS would merge them, `timeout` is in seconds, `memory_size` and `ephemeral_storage` in
    MB. `declared_in` is the template, or the source file when there is no template.
    `event_invoke_config` has the members that PutFunctionEventInvokeConfig takes, `logging` those
    of LoggingConfig, `event_sources` those of CreateEventSourceMapping but FunctionName, for each
    queue and stream, `permissions` those of AddPermission but FunctionName. `alias` is the one that
    each deployment publishes a version for; `provisioned_concurrency` is that alias's, and
    `deployment` says how it is shifted.
    """

    name: str
    runtime: str
    handler: str
    code: Path
    declared_in: Path
    description: str = ""
    timeout: int = 3
    memory_size: int = 128
    ephemeral_storage: int = 512
    architecture: str = "x86_64"
    active_tracing: bool = False
    logging: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()
    url: FunctionUrl | None = None
    dead_letter_arn: str | None = None
    event_invoke_config: Mapping[str, Any] | None = None
    event_sources: tuple[Mapping[str, Any], ...] = ()
    permissions: tuple[Mapping[str, Any], ...] = ()
    image_uri: str | None = None
    image_config: Mapping[str, Any] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    alias: str | None = None
    provisioned_concurrency: int | None = None
    deployment: DeploymentPreference | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """What of it is on this machine and may change."""
        return (self.code, *self.layers) if self.image_uri is None else ()


@dataclass(frozen=True, slots=True)
class Resource:
    """A queue, table, bucket or the like that the template declares for its functions.

    `type` is CloudFormation's, `name` the one it has on AWS (or would be given), `properties` are
    those of the template with intrinsic functions worked out: JSON values.
    """

    logical_id: str
    type: str
    name: str
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Project:
    """Everything found under `root`. A problem never hides the functions that could be read.

    `fronts` are front doors other than `apis`.
    """

    root: Path
    functions: tuple[FunctionSource, ...] = ()
    problems: tuple[Problem, ...] = ()
    resources: tuple[Resource, ...] = ()
    apis: tuple[Api, ...] = ()
    fronts: tuple[Declared, ...] = ()
