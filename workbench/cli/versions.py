"""`workbench versions`: a function's versions and aliases."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from workbench.cli.functions import as_json
from workbench.cli.output import add_json_option, print_json, print_table, wants_json
from workbench.cli.target import add_target_options, open_target, suggesting

if TYPE_CHECKING:
    from workbench.aws.records import Alias


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = "List a function's versions, newest first, and its aliases."
    parser.add_argument("name", metavar="NAME", help="the function")
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.lambda_client import LambdaClient

    client = LambdaClient(open_target(arguments))
    with suggesting(client, arguments.name):
        versions = client.versions(arguments.name)
        aliases = client.aliases(arguments.name)
    if wants_json(arguments):
        print_json(
            {
                "Versions": [as_json(version) for version in versions],
                "Aliases": [
                    {
                        "Name": alias.name,
                        "AliasArn": alias.arn,
                        "FunctionVersion": alias.function_version,
                        "Description": alias.description,
                        "AdditionalVersionWeights": dict(alias.weights),
                    }
                    for alias in aliases
                ],
            }
        )
        return 0
    rows = [(v.version, v.last_modified, v.description) for v in versions]
    print_table(("VERSION", "MODIFIED", ""), rows, "")
    if aliases:
        print()
        shares = [(alias.name, _share(alias), alias.description) for alias in aliases]
        print_table(("ALIAS", "VERSION", ""), shares, "")
    return 0


def _share(alias: Alias) -> str:
    if not alias.weights:
        return alias.function_version
    rest = 1 - sum(alias.weights.values())
    parts = [(alias.function_version, rest), *alias.weights.items()]
    return " · ".join(f"{share:.0%} {version}" for version, share in parts)
