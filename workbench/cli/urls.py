"""`workbench urls`: where functions answer HTTP requests."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from workbench.cli.output import add_json_option, print_json, print_table, wants_json
from workbench.cli.problems import CliError
from workbench.cli.target import add_target_options, open_target


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "List the front doors of the local Lambda, a line for each route: function URLs, and the "
        "APIs of the template or of `workbench serve --route`."
    )
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.workbench_surface import WorkbenchSurface

    target = open_target(arguments)
    if target.kind != "local" or target.endpoint_url is None:
        raise CliError("Only the local Lambda has front doors here: leave out --target aws.")
    fronts = WorkbenchSurface(target.endpoint_url).fronts()
    if wants_json(arguments):
        print_json(fronts)
        return 0
    rows = [_row(front, route) for front in fronts for route in front["Routes"]]
    empty = (
        "No function answers HTTP requests: a template's Api, HttpApi or FunctionUrlConfig does."
    )
    print_table(("METHOD", "URL", "FUNCTION", "OF"), rows, empty)
    return 0


def _row(front: Mapping[str, Any], route: Mapping[str, Any]) -> tuple[str, str, str, str]:
    path = route["Path"]
    url = front["Url"]
    if front["Kind"] == "WebSocketApi":
        url = f"{url} {path}"
    elif path != "$default":
        url = url.rstrip("/") + path
    function = route["FunctionName"]
    if route["Qualifier"]:
        function = f"{function}:{route['Qualifier']}"
    return route["Method"], url, function, f"{front['Kind']} {front['Name']}"
