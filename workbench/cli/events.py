"""`workbench events`: the catalogue of sample events."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from workbench.cli.output import add_json_option, print_json, print_table, wants_json
from workbench.cli.problems import CliError, Parser, did_you_mean
from workbench.cli.target import add_project_option, project_root

if TYPE_CHECKING:
    from workbench.samples import SampleEvent


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = "The events that AWS services send to functions: list, show, generate."
    parser.epilog = (
        "examples:\n  workbench events list s3\n  workbench events generate s3-put --help\n"
        "  workbench events generate s3-put --bucket photos --key 'a cat.jpg'"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    listing = actions.add_parser("list", help="list events", allow_abbrev=False)
    listing.description = "List the sample events, all or those that match TEXT, best first."
    listing.add_argument("text", metavar="TEXT", nargs="*", help="words to look for")
    add_json_option(listing)

    showing = actions.add_parser("show", help="tell what an event is", allow_abbrev=False)
    showing.description = "Show an event: when it is sent, its parameters, and an example."
    showing.add_argument("name", metavar="NAME", help="as `workbench events list` has it")
    add_json_option(showing)

    generating = actions.add_parser(
        "generate",
        help="print an event with values of your own",
        add_help=False,  # --help belongs to the named event's own parameters
        allow_abbrev=False,
    )
    generating.add_argument("-h", "--help", action="store_true", help="without a NAME")
    generating.add_argument("name", metavar="NAME", nargs="?")
    generating.add_argument("rest", nargs=argparse.REMAINDER)


def run(arguments: argparse.Namespace) -> int:
    match arguments.action:
        case "list":
            return _list(arguments)
        case "show":
            return _show(arguments)
    if arguments.name is None:
        _generate_parser("NAME").print_help()
        return 0 if arguments.help else 2
    return _generate(arguments.name, arguments.rest)


def sample(name: str) -> SampleEvent:
    """The sample event with that name. Raises CliError with near misses."""
    from workbench.samples import UnknownSample, find

    try:
        return find(name)
    except UnknownSample as error:
        raise CliError(f"{str(error)[0].upper()}{str(error)[1:]}") from None


def render(event: SampleEvent, values: dict[str, str]) -> Any:
    """The event with these values. Raises CliError naming the parameter that is wrong."""
    from workbench.samples import BadParameter

    try:
        return event.render(values)
    except BadParameter as error:
        raise CliError(f"{event.name}: {error}.") from None


def _list(arguments: argparse.Namespace) -> int:
    from workbench.samples import catalogue, search

    text = " ".join(arguments.text)
    found = search(text) if text else catalogue()
    if wants_json(arguments):
        print_json([_heading(event) for event in found])
    else:
        rows = [(event.name, event.service, event.title) for event in found]
        print_table(("NAME", "SERVICE", "TITLE"), rows, f"No event matches “{text}”.")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    event = sample(arguments.name)
    example = event.render()
    if wants_json(arguments):
        parameters = [
            {
                "Name": parameter.name,
                "Description": parameter.description,
                "Default": parameter.default,
                "Type": parameter.type,
                "Choices": list(parameter.choices),
            }
            for parameter in event.parameters
        ]
        print_json({**_heading(event), "Parameters": parameters, "Event": example})
        return 0
    print(f"{event.name} — {event.service}: {event.title}\n{event.description}")
    if event.documentation:
        print(event.documentation)
    print()
    if event.parameters:
        rows = [
            (parameter.name, parameter.default, parameter.description)
            for parameter in event.parameters
        ]
        print_table(("PARAMETER", "DEFAULT", ""), rows, "")
        print()
    print_json(example)
    return 0


def _heading(event: SampleEvent) -> dict[str, object]:
    return {
        "Name": event.name,
        "Service": event.service,
        "Title": event.title,
        "Description": event.description,
        "InvocationType": event.invocation_type,
        "Documentation": event.documentation,
    }


def _generate(name: str, rest: list[str]) -> int:
    event = sample(name)
    parser = _generate_parser(event.name)
    parser.description = f"{event.title}. {event.description}"
    names = add_parameters(parser, event)
    arguments, unknown = parser.parse_known_args(rest)
    if unknown:
        word = unknown[0].partition("=")[0].lstrip("-").replace("-", "_")
        raise CliError(f"{event.name} has no parameter {word}{did_you_mean(word, names)}")
    given = vars(arguments)
    values = {each: given[f"value:{each}"] for each in names if given[f"value:{each}"] is not None}
    document = render(event, values)
    if arguments.save_as:
        _save(arguments, document)
    else:
        print_json(document)
    return 0


def add_parameters(parser: argparse.ArgumentParser, event: SampleEvent) -> list[str]:
    """Add an option for each of the event's parameters, region and account; their names."""
    group = parser.add_argument_group("parameters of the event")
    names = []
    for parameter in event.parameters:
        names.append(parameter.name)
        text = parameter.description
        if parameter.choices:
            text += f" ({', '.join(parameter.choices)})"
        text += f" — default: {_short(parameter.default)}" if parameter.default else ""
        group.add_argument(
            *_spellings(parameter.name),
            dest=f"value:{parameter.name}",
            metavar="JSON" if parameter.type == "json" else "VALUE",
            help=text.replace("%", "%%"),
        )
    for common, what in (("region", "AWS region in the event"), ("account", "account id in it")):
        if common not in names:
            names.append(common)
            group.add_argument(f"--{common}", dest=f"value:{common}", metavar="VALUE", help=what)
    return names


def _generate_parser(name: str) -> argparse.ArgumentParser:
    parser = Parser(
        prog=f"workbench events generate {name}",
        usage=f"workbench events generate {name} [--PARAMETER VALUE …] "
        "[--save-as FUNCTION/NAME [--project PATH]]",
        description="Print a sample event as JSON. `generate NAME --help` lists its parameters.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--save-as",
        metavar="FUNCTION/NAME",
        help="save it in the project as a function's event instead of printing it",
    )
    add_project_option(parser)
    return parser


def _spellings(name: str) -> list[str]:
    return list(dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}")))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def _save(arguments: argparse.Namespace, document: Any) -> None:
    from workbench.project.events.saved import SavedEvents

    function, slash, name = arguments.save_as.partition("/")
    if not (function and slash and name):
        raise CliError(f"--save-as: {arguments.save_as} is not of the form FUNCTION/NAME.")
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    print(SavedEvents(project_root(arguments)).save(function, name, text))
