"""`workbench bridge`: real events of an account, or of another endpoint, for a local function."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.agreement import says_yes
from workbench.cli.output import add_json_option, note, print_json, wants_json
from workbench.cli.problems import CliError
from workbench.cli.target import add_project_option, project_root, suggesting

if TYPE_CHECKING:
    from workbench.aws.bridges.bridge import Bridge, Source
    from workbench.aws.bridges.client import BridgeClient
    from workbench.aws.bridges.delivery import Told
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.records import Target
    from workbench.project.bridge_records import BridgeRecords


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Drive a function of the project's local Lambda by real events: of an S3 bucket, an SNS "
        "topic, an EventBridge rule or a schedule, in an AWS account or at any endpoint. They are "
        "sent to an SQS queue made for it, and delivered from there as AWS would, asynchronously "
        "and with Lambda's retries. What is made is shown first; ctrl+c ends the bridge and "
        "removes all of it."
    )
    parser.epilog = (
        "examples:\n"
        "  workbench bridge Thumbnails --s3 photos --prefix uploads/ --services aws:dev\n"
        '  workbench bridge Orders --rule \'{"source": ["shop"]}\' --bus orders\n'
        "  workbench bridge Orders --sns arn:aws:sns:us-east-1:000000000000:orders "
        "--services http://127.0.0.1:4566\n"
        "  workbench bridge --clean"
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the function, or NAME:ALIAS")
    sources = parser.add_argument_group("where events come from (one of them)")
    sources.add_argument("--s3", metavar="BUCKET", help="notifications of a bucket")
    sources.add_argument("--sns", metavar="TOPIC_ARN", help="messages of a topic")
    sources.add_argument("--rule", metavar="PATTERN", help="events that match this event pattern")
    sources.add_argument(
        "--schedule", metavar="EXPRESSION", help="a schedule, such as 'rate(1 minute)'"
    )
    details = parser.add_argument_group("more about them")
    details.add_argument("--prefix", metavar="P", default="", help="of keys (with --s3)")
    details.add_argument("--suffix", metavar="S", default="", help="of keys (with --s3)")
    details.add_argument(
        "--event",
        metavar="E",
        action="append",
        help="what of the bucket (default: s3:ObjectCreated:*); may be repeated",
    )
    details.add_argument("--filter-policy", metavar="JSON", default="", help="(with --sns)")
    details.add_argument("--bus", metavar="BUS", default="default", help="(with --rule)")
    details.add_argument(
        "--role", metavar="ARN", help="make the schedule one of EventBridge Scheduler, as this role"
    )
    _add_place_options(parser)
    add_json_option(parser)
    add_project_option(parser)


def _add_place_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which account")
    group.add_argument(
        "--services",
        metavar="WHICH",
        default="aws",
        help="aws, aws:PROFILE or the URL of an endpoint (default: aws)",
    )
    group.add_argument("--region", metavar="R", help="(default: the profile's; us-east-1 of a URL)")
    group.add_argument("--yes", action="store_true", help="make and remove without asking")
    group.add_argument("--clean", action="store_true", help="remove what earlier bridges left")


def run(arguments: argparse.Namespace) -> int:
    root = project_root(arguments)
    if arguments.clean:
        return _clean(root, arguments)
    if arguments.name is None:
        raise CliError("Which function? Give its NAME, or --clean.")
    source = _source(arguments)
    _clean(root, arguments, offer=True)
    _check_function(_local(root), arguments.name)
    bridge = _bridge(arguments, source)
    target = _target(bridge, root)
    return _run(root, arguments, bridge, target)


def _run(root: Path, arguments: argparse.Namespace, bridge: Bridge, target: Target) -> int:
    from workbench.aws.bridges.bridge import to_document
    from workbench.aws.bridges.client import BridgeClient
    from workbench.aws.bridges.delivery import BridgeDelivery
    from workbench.project.bridge_records import BridgeRecords
    from workbench.project.state_dir import StateDir

    made = BridgeClient(target, bridge)
    as_json = wants_json(arguments)
    _show(made, as_json)
    if not arguments.yes and not says_yes("Make this, and remove it at the end?"):
        note("Nothing was made.")
        return 1
    records = BridgeRecords(StateDir(root).bridges)
    delivery = BridgeDelivery(
        made, lambda: _local(root), lambda told: _tell(told, arguments.name, as_json)
    )
    with records.held(bridge.id):
        records.put(bridge.id, to_document(bridge))
        _end_like_ctrl_c()
        try:
            made.make(lambda begun: records.put(begun.id, to_document(begun)))
            delivery.start()
            note(f"{bridge.title} → {arguments.name}: waiting for events; ctrl+c ends it.")
            threading.Event().wait()
        except KeyboardInterrupt:
            delivery.stop()
            note("Removing what was made …")
            made.remove()
            note("All of it is removed.")
        finally:
            if made.bridge.begun == 0:
                records.forget(bridge.id)
    return 0


def _end_like_ctrl_c() -> None:
    """A closed terminal and a polite end remove what was made too."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), interrupt)
    # A background job of a shell ignores it, and would be ended by nothing but SIGKILL.
    signal.signal(signal.SIGINT, interrupt)


# -- what was asked for


def _source(arguments: argparse.Namespace) -> Source:
    from workbench.aws.bridges.bridge import BucketSource, RuleSource, ScheduleSource, TopicSource

    given = [name for name in ("s3", "sns", "rule", "schedule") if getattr(arguments, name)]
    if len(given) != 1:
        raise CliError("Give one source of events: --s3, --sns, --rule or --schedule.")
    for option, of, default in (
        ("prefix", "s3", ""),
        ("suffix", "s3", ""),
        ("event", "s3", None),
        ("filter_policy", "sns", ""),
        ("bus", "rule", "default"),
        ("role", "schedule", None),
    ):
        if getattr(arguments, option) != default and of != given[0]:
            raise CliError(f"--{option.replace('_', '-')} goes with --{of}.")
    match given[0]:
        case "s3":
            events = tuple(arguments.event or ("s3:ObjectCreated:*",))
            return BucketSource(arguments.s3, arguments.prefix, arguments.suffix, events)
        case "sns":
            return TopicSource(arguments.sns, arguments.filter_policy)
        case "rule":
            return RuleSource(pattern=arguments.rule, bus=arguments.bus)
    if arguments.role:
        return ScheduleSource(arguments.schedule, arguments.role)
    return RuleSource(expression=arguments.schedule)


def _local(root: Path) -> LambdaClient:
    """The project's local Lambda, started when none runs."""
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.targets import local_target
    from workbench.project import server_process

    return LambdaClient(local_target(server_process.ensure(root)))


def _check_function(client: LambdaClient, name: str) -> None:
    """Raise CliError when there is no such function."""
    function, _, qualifier = name.partition(":")
    with suggesting(client, function):
        client.function(function, qualifier or None)


def _bridge(arguments: argparse.Namespace, source: Source) -> Bridge:
    from workbench.aws.bridges.bridge import new_bridge
    from workbench.aws.targets import aws_target, endpoint_target, partition_of, with_account

    kind, _, profile = arguments.services.partition(":")
    if kind == "aws":
        target = aws_target(profile or None, arguments.region)
    elif arguments.services.startswith(("http://", "https://")):
        target = endpoint_target(arguments.services, arguments.region or "us-east-1")
    else:
        raise CliError(
            f"--services: {arguments.services} is none: use aws, aws:PROFILE or an address like "
            "http://127.0.0.1:4566. What the local Lambda's own services have needs no bridge: "
            "they invoke functions themselves."
        )
    target = with_account(target)
    return new_bridge(
        arguments.name,
        source,
        account=target.account,
        region=target.region,
        partition=partition_of(target.region),
        profile=target.profile,
        endpoint_url=target.endpoint_url,
    )


def _target(bridge: Bridge, root: Path) -> Target:
    """Where the bridge's resources are; on AWS with a guard, which logs what is changed.

    Raises CliError when the profile's credentials are of another account by now.
    """
    from workbench.aws.guard import guarded
    from workbench.aws.targets import aws_target, endpoint_target

    if bridge.endpoint_url is not None:
        return endpoint_target(bridge.endpoint_url, bridge.region)
    target = guarded(aws_target(bridge.profile, bridge.region), root)
    if target.account != bridge.account:
        raise CliError(
            f"The bridge {bridge.name} is in account {bridge.account}, and these credentials are "
            f"of {target.account}: sign in to that account with profile "
            f"{bridge.profile or 'default'}."
        )
    return target


# -- asking and telling


def _show(client: BridgeClient, as_json: bool) -> None:
    from workbench.aws.bridges.bridge import NotificationStep, in_words, kept_in_words, steps

    bridge, rows = client.bridge, []
    for step in steps(bridge):
        there = client.notifications(step) if isinstance(step, NotificationStep) else {}
        rows.append(in_words(step, kept_in_words(there)))
    if as_json:
        words = [dict(zip(("Kind", "Name", "Detail"), row, strict=True)) for row in rows]
        print_json({"Bridge": bridge.id, "Place": bridge.place, "Makes": words})
        sys.stdout.flush()
        return
    print(f"A bridge from {bridge.title} to {bridge.function} is made in {bridge.place}:")
    for what, name, detail in rows:
        print(f"  + {what:<13} {name}\n    {'':<13} {detail}")


def _tell(told: Told, function: str, as_json: bool) -> None:
    if as_json:
        import json

        document = {
            "When": time.time(),
            "Kind": told.kind,
            "Words": told.words,
            "RequestId": told.request_id or None,
            "FunctionError": told.function_error,
            "DurationMs": told.duration_ms,
        }
        print(json.dumps(document, ensure_ascii=False), flush=True)
        return
    glyph = {"delivered": "→", "ran": "●", "throttled": "◌", "problem": "▲"}[told.kind]
    if told.function_error is not None:
        glyph = "▲"
    to = f" → {function}" if told.kind == "delivered" else ""
    request = f"  {told.request_id}" if told.request_id else ""
    words = "".join(c if c.isprintable() else "�" for c in told.words)
    print(f"{time.strftime('%H:%M:%S')}  {glyph} {words}{to}{request}", flush=True)


# -- what earlier bridges left


def _clean(root: Path, arguments: argparse.Namespace, *, offer: bool = False) -> int:
    """Remove what is left, having asked. With `offer` it is no matter if it is not wanted, or
    cannot be done now."""
    from workbench.aws.bridges.bridge import in_words, of_document, steps
    from workbench.aws.errors import LambdaError
    from workbench.project.bridge_records import BridgeRecords
    from workbench.project.state_dir import StateDir

    state = StateDir(root)
    records = BridgeRecords(state.bridges) if state.exists else None
    left = [of_document(document) for document in records.left()] if records else []
    if not left or records is None:
        if not offer:
            note("Nothing is left of earlier bridges.")
        return 0
    note("Left by bridges that did not end as they should:")
    for bridge in left:
        for step in steps(bridge)[: bridge.begun]:
            what, name, _ = in_words(step)
            note(f"  - {what:<13} {name}  ({bridge.place})")
    if offer and not arguments.yes and not sys.stdin.isatty():
        note("`workbench bridge --clean` removes it.")
        return 0
    if not arguments.yes and not says_yes("Remove it?"):
        return 0 if offer else 1
    for bridge in left:
        try:
            _remove_left(records, bridge, root)
        except (CliError, LambdaError) as error:
            # An endpoint may be gone for good with all it had.
            forget = f"To forget it, remove {state.bridges / bridge.id}.json."
            if not offer:
                raise CliError(f"{error} {forget}") from error
            note(f"{bridge.name} is still there: {error} {forget}")
    return 0


def _remove_left(records: BridgeRecords, bridge: Bridge, root: Path) -> None:
    from workbench.aws.bridges.client import BridgeClient

    with records.held(bridge.id):
        if bridge.begun:
            BridgeClient(_target(bridge, root), bridge).remove()
        records.forget(bridge.id)
    note(f"Removed {bridge.name}.")
