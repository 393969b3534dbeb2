"""`workbench deploy`: shift an alias's traffic to another version as CodeDeploy does."""

from __future__ import annotations

import argparse
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

from workbench.cli.agreement import add_yes_option, open_agreed
from workbench.cli.output import add_json_option, note, print_json, wants_json
from workbench.cli.problems import CliError
from workbench.cli.target import add_target_options, project_root, suggesting

if TYPE_CHECKING:
    from workbench.aws.deploying.deployer import Deployer
    from workbench.aws.deploying.traffic_shifting import Controls, Deployment
    from workbench.aws.records import Counts, Target
    from workbench.project.records import DeploymentPreference


def configure(parser: argparse.ArgumentParser) -> None:
    from workbench.aws.deploying.traffic_shifting import CONFIGURATIONS, DEFAULT

    parser.description = (
        "Shift an alias's traffic to another version step by step, as AWS CodeDeploy does, and "
        "back again when too many invocations fail, a hook does, or an alarm is in state ALARM. "
        "What is not given is as the template's DeploymentPreference says. ctrl+c leaves it as it "
        "is; --resume goes on. Ends with status 1 unless all traffic was shifted."
    )
    parser.epilog = (
        "examples:\n"
        "  workbench deploy Orders live 5\n"
        "  workbench deploy Orders live 5 --type Linear10PercentEvery1Minute --max-errors 1\n"
        "  workbench deploy Orders live --resume"
    )
    parser.add_argument("name", metavar="NAME", help="the function")
    parser.add_argument("alias", metavar="ALIAS", help="its alias")
    parser.add_argument("version", metavar="VERSION", nargs="?", help="the new version")
    parser.add_argument(
        "--type",
        choices=tuple(CONFIGURATIONS),
        metavar="TYPE",
        help="Canary10Percent5Minutes (or 10, 15, 30), Linear10PercentEvery1Minute (or 2, 3, "
        f"10Minutes), AllAtOnce (default: the template's, else {DEFAULT})",
    )
    for option, hook in (("--before", "BeforeAllowTraffic"), ("--after", "AfterAllowTraffic")):
        words = f'hook {hook} (default: the template\'s; "" for none)'
        parser.add_argument(option, metavar="F", help=words)
    parser.add_argument(
        "--alarm",
        metavar="A",
        action="append",
        help="a CloudWatch alarm that rolls back (again for more; default, on AWS: the "
        'template\'s; "" for none)',
    )
    parser.add_argument(
        "--max-errors",
        metavar="P",
        type=_percent,
        default=5.0,
        help="percent of the new version's invocations that may fail (default: 5)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with what was left")
    parser.add_argument("--roll-back", action="store_true", help="end what was left: all back")
    add_yes_option(parser)
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.deploying.deployer import Deployer
    from workbench.aws.deploying.traffic_shifting import Controls
    from workbench.aws.lambda_client import LambdaClient

    left = arguments.resume or arguments.roll_back
    if left == bool(arguments.version):
        raise CliError("Give either a VERSION, or --resume or --roll-back.")
    target = open_agreed(arguments, arguments.name, _words(arguments))
    client = LambdaClient(target)
    teller = _Teller()
    deployer = Deployer(client, project_root(arguments), teller.tell)
    with suggesting(client, arguments.name):
        deployment = _left(deployer, arguments) if left else _new(deployer, arguments, target)
    if left:
        teller.told = len(deployment.said)
    controls = Controls()
    if arguments.roll_back:
        controls.ask(controls.roll_back)
    result = _carried_out(deployer, deployment, controls)
    if wants_json(arguments):
        print_json(asdict(result))
    else:
        print(f"{result.id}: {result.status}")
    return 0 if result.status == "Succeeded" else 1


class _Teller:
    """Tells each thing that a deployment says once; `told` were."""

    told = 0

    def tell(self, deployment: Deployment, counts: Counts) -> None:
        for _, words in deployment.said[self.told :]:
            note(words)
        self.told = len(deployment.said)


def _carried_out(deployer: Deployer, deployment: Deployment, controls: Controls) -> Deployment:
    """The deployment when it is over. In a thread, so that ctrl+c is heard while it waits."""
    from workbench.aws.guard import permitted

    results: list[Deployment | Exception] = []

    def carry_out() -> None:
        try:
            with permitted(deployer.client.target):
                results.append(deployer.run(deployment, controls))
        except Exception as error:  # raised again below, in the thread that tells people
            results.append(error)

    thread = threading.Thread(target=carry_out, name="workbench-deploy", daemon=True)
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        controls.ask(controls.stop)
        again = f"workbench deploy {deployment.function} {deployment.alias} --resume"
        note(f"{deployment.id} is left as it is; `{again}` goes on.")
        raise
    if isinstance(results[0], Exception):
        raise results[0]
    return results[0]


def _words(arguments: argparse.Namespace) -> str:
    what = f"{arguments.alias} of {arguments.name}"
    if arguments.version:
        return f"shift {what} to version {arguments.version}"
    return f"roll {what} back" if arguments.roll_back else f"go on shifting {what}"


def _new(deployer: Deployer, arguments: argparse.Namespace, target: Target) -> Deployment:
    from workbench.aws.workbench_surface import WorkbenchSurface

    scale = 1.0
    if target.kind == "local" and target.endpoint_url:
        scale = float(WorkbenchSurface(target.endpoint_url).status().get("TimeScale", 1))
    wanted = _preference(deployer, arguments)
    return deployer.create(
        arguments.name,
        arguments.alias,
        arguments.version,
        wanted.type,
        before_hook=wanted.before_hook,
        after_hook=wanted.after_hook,
        max_error_percent=arguments.max_errors,
        alarms=wanted.alarms,
        waits_divided_by=scale,
    )


def _preference(deployer: Deployer, arguments: argparse.Namespace) -> DeploymentPreference:
    """What the options say, and where they say nothing, the template."""
    from workbench.aws.deploying.preference import preference_of
    from workbench.aws.deploying.traffic_shifting import CONFIGURATIONS, DEFAULT
    from workbench.aws.recording import simple_name
    from workbench.project.discover import discover
    from workbench.project.records import DeploymentPreference

    client = deployer.client
    local = client.target.kind == "local"
    given = DeploymentPreference(
        arguments.type or DEFAULT,
        arguments.before or "",
        arguments.after or "",
        tuple(filter(None, arguments.alarm or ())),
    )
    options = (arguments.type, arguments.before, arguments.after, arguments.alarm)
    if all(option is not None for option in options):
        return given
    deployed = () if local else (each.name for page in client.functions() for each in page)
    declared = discover(project_root(arguments)).functions
    template = preference_of(simple_name(arguments.name), declared, deployed)
    if template is None:
        return given
    wanted = DeploymentPreference(
        given.type if arguments.type else template.type,
        given.before_hook if arguments.before is not None else template.before_hook,
        given.after_hook if arguments.after is not None else template.after_hook,
        given.alarms if arguments.alarm is not None or local else template.alarms,
    )
    if wanted.type not in CONFIGURATIONS:
        raise CliError(
            f"The template's {wanted.type} is not one of CodeDeploy's own: name one by --type."
        )
    if wanted != given:
        note("As the template's DeploymentPreference says where no option does.")
    return wanted


def _left(deployer: Deployer, arguments: argparse.Namespace) -> Deployment:
    for deployment in deployer.deployments.unfinished(deployer.client.target.key):
        if (deployment.function, deployment.alias) == (arguments.name, arguments.alias):
            return deployment
    raise CliError(
        f"No deployment of {arguments.name} {arguments.alias} was left here: begin one by giving "
        "the VERSION."
    )


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 100")
    return value
