"""`workbench serve`: the local Lambda in the foreground."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.output import note
from workbench.cli.problems import CliError

if TYPE_CHECKING:
    from workbench.local.services.choice import ServiceChoice
    from workbench.project.front_doors.apis import Route
    from workbench.project.front_doors.distributions import Distribution
    from workbench.project.front_doors.load_balancers import LoadBalancer

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the local Lambda of a folder until ctrl-C: an endpoint that speaks the AWS Lambda "
        "API. Its functions are those found in the folder, and those created through the API."
    )
    parser.epilog = (
        "example:\n  workbench serve --port 3001\n"
        "  aws lambda list-functions --endpoint-url http://127.0.0.1:3001"
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        type=Path,
        default=Path(),
        help="the project's folder; an empty one will do (default: .)",
    )
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="0–65535 (default: any free one)"
    )
    parser.add_argument(
        "--account", type=_account, default="123456789012", metavar="ID", help="12 digits"
    )
    parser.add_argument(
        "--region", type=_region, default="us-east-1", metavar="R", help="default: us-east-1"
    )
    parser.add_argument(
        "--concurrency",
        type=_concurrency,
        default=1000,
        metavar="N",
        help="concurrent executions of the account; new accounts have 10 (default: 1000)",
    )
    parser.add_argument(
        "--time-scale",
        type=_time_scale,
        default=1.0,
        metavar="N",
        help="divide Lambda's long waits, such as the minutes between retries (default: 1)",
    )
    _add_execution_options(parser)
    _add_front_options(parser)
    parser.add_argument(
        "--linger",
        type=_seconds,
        metavar="SECONDS",
        help="stop after this long without being used (default: never)",
    )


def _add_execution_options(parser: argparse.ArgumentParser) -> None:
    """What functions run in and what they can reach."""
    parser.add_argument(
        "--services",
        type=_services,
        default="embedded",
        metavar="WHICH",
        help="the AWS services beside Lambda: embedded, the URL of an endpoint, aws or aws:PROFILE "
        "for a real account (default: embedded, which keep what they hold in .workbench)",
    )
    parser.add_argument(
        "--broker",
        type=_broker,
        action="append",
        default=[],
        metavar="ARN=URL",
        help="where the RabbitMQ broker is that event source mappings name by this ARN of Amazon "
        "MQ, such as arn:aws:mq:…:broker:orders:b-1=amqp://127.0.0.1:5672; may be repeated; others "
        "are in your config, under [brokers]",
    )
    parser.add_argument(
        "--forget-services",
        action="store_true",
        help="begin with empty embedded services: no queues, tables or buckets of earlier runs",
    )
    parser.add_argument(
        "--credentials",
        metavar="PROFILE",
        help="give functions this AWS profile's credentials (default: none that mean anything)",
    )
    parser.add_argument(
        "--isolation",
        choices=("auto", "none"),
        default="auto",
        help="auto: functions get /var/task, /opt and a /tmp of their own where the system allows "
        "it; none: they see this machine's files (default: auto)",
    )
    parser.add_argument(
        "--freeze",
        action="store_true",
        help="stop functions' processes between invocations, as AWS does",
    )
    parser.add_argument(
        "--cpu-limits",
        action="store_true",
        help="give functions the share of a processor that their memory buys on AWS (Linux)",
    )


def _add_front_options(parser: argparse.ArgumentParser) -> None:
    """Front doors beside those of the template."""
    parser.add_argument(
        "--route",
        type=_route,
        action="append",
        default=[],
        metavar="ROUTE",
        help="a route of an HTTP API, such as 'GET /orders/{id}=Orders' or '$default=Site'; may be "
        "repeated (those of the template are served anyway)",
    )
    parser.add_argument(
        "--alb",
        type=_load_balancer,
        action="append",
        default=[],
        metavar="FUNCTION",
        help="an Application Load Balancer in front of this function; may be repeated",
    )
    parser.add_argument(
        "--edge",
        type=_distribution,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a distribution with Lambda@Edge functions around an origin, such as "
        "'http://127.0.0.1:8000 viewer-request=Redirect'; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    if not arguments.path.is_dir():
        raise CliError(f"{arguments.path} is not a folder.")
    # Late: the server and what it needs cost 100 ms.
    from workbench.local.serve import ServerOptions, run

    return run(
        ServerOptions(
            root=arguments.path.resolve(),
            port=arguments.port,
            account=arguments.account,
            region=arguments.region,
            linger=arguments.linger,
            concurrency=arguments.concurrency,
            time_scale=arguments.time_scale,
            isolation=arguments.isolation,
            freeze=arguments.freeze,
            cpu_limits=arguments.cpu_limits,
            services=arguments.services,
            forget_services=arguments.forget_services,
            credentials=arguments.credentials,
            routes=tuple(arguments.route),
            fronts=(*arguments.alb, *arguments.edge),
            brokers={**_own_brokers(), **dict(arguments.broker)},
        )
    )


def _services(text: str) -> ServiceChoice:
    from workbench.local.services.choice import parse_services

    try:
        return parse_services(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _own_brokers() -> Mapping[str, str]:
    """Those of the user's config; what is wrong there is said and passed over."""
    from workbench.project import user_config

    config = user_config.load()
    for problem in config.problems:
        if problem.key.startswith("brokers"):
            note(f"▲ {problem}")
    return config.brokers


def _broker(text: str) -> tuple[str, str]:
    from workbench.project.brokers import parse_broker

    try:
        return parse_broker(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _route(text: str) -> Route:
    from workbench.project.front_doors.apis import parse_route

    try:
        return parse_route(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _load_balancer(text: str) -> LoadBalancer:
    from workbench.project.front_doors.load_balancers import parse_load_balancer

    try:
        return parse_load_balancer(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _distribution(text: str) -> Distribution:
    from workbench.project.front_doors.distributions import parse_distribution

    try:
        return parse_distribution(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: use 0 to 65535")
    return int(text)


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text} is not an account: use 12 digits")
    return text


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is not a region: use one like eu-west-1")
    return text


def _concurrency(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is no concurrency: use 1 to 100000")
    return int(text)


def _time_scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 1 <= scale <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is no time scale: use 1 to 100000")
    return scale


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return seconds
