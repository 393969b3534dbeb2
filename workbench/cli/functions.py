"""`workbench functions`: what there is to invoke."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from workbench.cli.output import add_json_option, note, print_json, print_table, wants_json
from workbench.cli.target import add_target_options, open_target

if TYPE_CHECKING:
    from workbench.aws.records import Function, Target


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = "List the functions. What is wrong in the project is told on stderr."
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.lambda_client import LambdaClient

    target = open_target(arguments)
    functions = [each for page in LambdaClient(target).functions() for each in page]
    functions.sort(key=lambda function: function.name)
    if wants_json(arguments):
        print_json([as_json(function) for function in functions])
    else:
        rows = [(f.name, f.runtime or f.package_type, f.handler, f.description) for f in functions]
        print_table(("NAME", "RUNTIME", "HANDLER", ""), rows, _empty(target))
    _tell_problems(target)
    return 0


def as_json(function: Function) -> dict[str, object]:
    """A function (or version) with AWS's own names. Lists have no State (ListFunctions)."""
    return {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Version": function.version,
        "Runtime": function.runtime or None,
        "Handler": function.handler or None,
        "Description": function.description,
        "Timeout": function.timeout,
        "MemorySize": function.memory_size,
        "PackageType": function.package_type,
        "CodeSize": function.code_size,
        "CodeSha256": function.code_sha256,
        "LastModified": function.last_modified,
    }


def _empty(target: Target) -> str:
    if target.kind == "aws":
        return f"There are no functions in {target.region}."
    return "No functions were found in this project: `workbench demo` has some to try."


def _tell_problems(target: Target) -> None:
    if target.kind != "local" or not target.endpoint_url:
        return
    from workbench.aws.workbench_surface import WorkbenchSurface

    sys.stdout.flush()
    for problem in WorkbenchSurface(target.endpoint_url).status().get("Problems", []):
        place = [problem["File"], problem.get("Line"), problem.get("Column")]
        note(f"{':'.join(str(part) for part in place if part)}: {problem['Message']}")
