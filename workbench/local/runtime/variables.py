"""The environment variables a function sees (lambda-facts §1.7), built from nothing.

Of the machine's own environment only PATH goes in. HOME is an empty folder: configuration and
credentials under the developer's home must not reach a function.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.local.runtime.filesystem.file_systems import FileSystems
from workbench.local.runtime.filesystem.places import places
from workbench.local.runtime.records import FunctionSpec
from workbench.project import runtimes


@dataclass(frozen=True, slots=True)
class Machine:
    """What of this machine goes into every function's environment.

    `services` are variables that say where AWS's services are: defaults, which the function's own
    replace. `packages` is the folder that stands for /var/runtime: boto3 and what it needs, or
    None. `libraries` are folders of libraries that the interpreter needs. Without `file_systems`,
    or where the kernel refuses them, functions see this machine's.
    """

    home: Path
    credentials: Mapping[str, str]
    services: Mapping[str, str]
    xray_daemon: str = "127.0.0.1:2000"
    packages: Path | None = None
    libraries: tuple[str, ...] = ()
    file_systems: FileSystems | None = None

    @property
    def private(self) -> bool:
        """Whether environments have file systems of their own; known when those are `ready`."""
        return self.file_systems is not None and self.file_systems.private


def static_variables(spec: FunctionSpec, machine: Machine, minor: str) -> dict[str, str]:
    """All variables that are the same for every environment of `spec`.

    `minor` is the version of the interpreter that really runs it: "3.12", or "22" for Node.js.
    """
    where = places(spec, machine.packages, private=machine.private)
    task_root, layers = where.task_root, where.layers
    path = os.environ.get("PATH", os.defpath)
    variables = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": os.pathsep.join([*(f"{layer}/bin" for layer in layers), path]),
        "LD_LIBRARY_PATH": os.pathsep.join(
            [*machine.libraries, task_root, f"{task_root}/lib", *(f"{at}/lib" for at in layers)]
        ),
        "HOME": str(machine.home),
        "PWD": task_root,
        "SHLVL": "0",
    }
    if runtimes.python_minor(spec.runtime) is not None:
        folders = [where.dependencies] if where.dependencies else []
        for layer in layers:
            folders += [f"{layer}/python/lib/python{minor}/site-packages", f"{layer}/python"]
        if where.runtime:
            folders.append(where.runtime)
        variables["LC_CTYPE"] = "C.UTF-8"
        variables["PYTHONPATH"] = os.pathsep.join(folders)
    elif runtimes.node_major(spec.runtime) is not None:
        folders = [where.node_modules] if where.node_modules else []
        for layer in layers:
            folders += [f"{layer}/nodejs/node{minor}/node_modules", f"{layer}/nodejs/node_modules"]
        variables["NODE_PATH"] = os.pathsep.join([*folders, task_root])
    variables.update(platform_variables(spec, machine))
    variables.update(
        {
            "LAMBDA_TASK_ROOT": task_root,
            "LAMBDA_RUNTIME_DIR": where.runtime_dir or str(machine.home),
            "_HANDLER": spec.handler,
        }
    )
    if not runtimes.is_provided(spec.runtime):
        variables["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{spec.runtime}"
    return variables


def platform_variables(spec: FunctionSpec, machine: Machine) -> dict[str, str]:
    """The variables of `spec` that have nothing to do with where it runs; in containers all else
    is the image's own."""
    variables = {"AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR"}
    variables |= {**machine.services, **spec.environment, **machine.credentials}
    variables.update(
        {
            "AWS_REGION": spec.region,
            "AWS_DEFAULT_REGION": spec.region,
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_size),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": log_group(spec),
            "AWS_XRAY_DAEMON_ADDRESS": machine.xray_daemon,
            "_AWS_XRAY_DAEMON_ADDRESS": machine.xray_daemon.partition(":")[0],
            "_AWS_XRAY_DAEMON_PORT": machine.xray_daemon.partition(":")[2],
        }
    )
    if spec.log_format == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = spec.application_log_level or "INFO"
    return variables


def log_group(spec: FunctionSpec) -> str:
    """The function's log group: its own, or /aws/lambda/<name> (lambda-facts §3.3)."""
    return spec.log_group or f"/aws/lambda/{spec.name}"
