"""The options that say which Lambda and which project, and what comes of them."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.problems import CliError, did_you_mean

if TYPE_CHECKING:
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.records import Target

_PROJECT_MARKS = (".workbench", "template.yaml", "template.yml", "template.json")


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Add --target, --profile, --region, --endpoint-url and --project."""
    group = parser.add_argument_group("which Lambda")
    group.add_argument(
        "--target",
        choices=("local", "aws"),
        default="local",
        help="the project's local Lambda, started when none runs (default), or AWS",
    )
    group.add_argument("--profile", metavar="P", help="AWS profile (with --target aws)")
    group.add_argument("--region", metavar="R", help="AWS region (default: the profile's)")
    group.add_argument("--endpoint-url", metavar="URL", help="speak to Lambda at this address")
    add_project_option(parser)


def add_project_option(parser: argparse.ArgumentParser) -> None:
    """Add --project."""
    parser.add_argument(
        "--project",
        metavar="PATH",
        type=Path,
        help="the project's folder (default: the nearest one above with a template or .workbench)",
    )


def project_root(arguments: argparse.Namespace) -> Path:
    """The project's folder. Raises CliError when --project is none."""
    given: Path | None = arguments.project
    if given is not None:
        if not given.is_dir():
            raise CliError(f"--project: {given} is not a folder.")
        return given.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / mark).exists() for mark in _PROJECT_MARKS):
            return folder
    return here


def open_target(arguments: argparse.Namespace) -> Target:
    """The Lambda the options name; starts the project's local one when none runs.

    Raises CliError, LambdaError and ServerError.
    """
    from workbench.aws.targets import aws_target, local_target

    if arguments.target == "aws":
        return aws_target(arguments.profile, arguments.region, arguments.endpoint_url)
    if arguments.profile:
        raise CliError("--profile is for AWS: add --target aws.")
    if arguments.endpoint_url:
        return _served_at(arguments.endpoint_url, arguments.region)
    from workbench.project import server_process

    return local_target(server_process.ensure(project_root(arguments), region=arguments.region))


def history_key(arguments: argparse.Namespace) -> str:
    """The target's name in the history. Asks STS for the account on AWS; starts nothing."""
    if arguments.target == "local":
        return "local"
    from workbench.aws.targets import aws_target, with_account

    target = aws_target(arguments.profile, arguments.region, arguments.endpoint_url)
    return with_account(target).key


@contextlib.contextmanager
def suggesting(client: LambdaClient, name: str) -> Iterator[None]:
    """Where Lambda does not know function `name`, say which ones it may have been."""
    from workbench.aws.errors import LambdaError
    from workbench.aws.recording import simple_name

    try:
        yield
    except LambdaError as error:
        if error.code != "ResourceNotFoundException" or "unction not found" not in error.message:
            raise
        known = [function.name for page in client.functions() for function in page]
        name = simple_name(name)
        if name in known:  # what is missing is the version or alias
            raise
        where = "here" if client.target.kind == "local" else f"in {client.target.region}"
        raise CliError(f"There is no function {name} {where}{did_you_mean(name, known)}") from error


def _served_at(url: str, region: str | None) -> Target:
    """A local Lambda by its address, which tells its region and account itself."""
    from workbench.aws.records import Target
    from workbench.aws.workbench_surface import WorkbenchSurface

    if not url.startswith(("http://", "https://")):
        raise CliError(f"--endpoint-url: {url} is not an address like http://127.0.0.1:3001.")
    status = WorkbenchSurface(url).status()
    return Target(
        "local", region or status["Region"], account=status["Account"], endpoint_url=url.rstrip("/")
    )
