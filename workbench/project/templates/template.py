"""SAM and CloudFormation templates: from the file to the functions it declares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from workbench.project.front_doors import front_door as front_doors
from workbench.project.records import FunctionSource, Problem, Project
from workbench.project.templates import function_resource as template_function
from workbench.project.templates import samconfig
from workbench.project.templates import service_resources as template_resources
from workbench.project.templates.apis import ApiReader, Deployed
from workbench.project.templates.asynchronous import AsyncReader
from workbench.project.templates.declared import DeclaredResources
from workbench.project.templates.distributions import DistributionReader
from workbench.project.templates.function_resource import Declaration, Report, Unusable
from workbench.project.templates.gateway import GatewayReader
from workbench.project.templates.globals import merged
from workbench.project.templates.intrinsics import Resolver
from workbench.project.templates.load_balancers import LoadBalancerReader
from workbench.project.templates.local_values import Place
from workbench.project.templates.pushes import PushReader
from workbench.project.templates.sources import SourcesReader
from workbench.project.templates.url import UrlReader
from workbench.project.templates.websockets import WebSocketReader
from workbench.project.tree import Node, read

FUNCTION_TYPES = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_NESTED_TYPES = ("AWS::Serverless::Application", "AWS::CloudFormation::Stack")
_LOGICAL_ID = re.compile(r"[a-zA-Z0-9]+")


def load(path: Path, root: Path, account: str, region: str, endpoint: str = "") -> Project | None:
    """The functions the template `path` declares, relative paths taken from its folder, and the
    resources they use.

    None when the file can be read but is no CloudFormation template (no Resources). State that
    belongs to the project (inline code) is kept for `root`. A problem with one resource never
    hides another.
    """
    tree, mistakes = read(path)
    problems = [Problem(path, m.message, m.line, m.column) for m in mistakes]
    if tree is None:
        return Project(root, (), tuple(problems)) if problems else None
    resources = tree.mapping.get("Resources")
    if resources is None and not problems:
        return None
    if resources is not None and not isinstance(resources.value, dict):
        message = "Resources must be a mapping of logical ids."
        return Project(root, (), (Problem(path, message, resources.line, resources.column),))
    config, config_problems = samconfig.read(path.parent)
    problems += config_problems

    def report(node: Node, message: str) -> None:
        problems.append(Problem(path, message, node.line, node.column))

    place = Place(account, region, config.stack_name or root.name or "stack", endpoint)
    resolver = Resolver(tree, place, config.parameter_overrides, report)
    reader = template_function.Reader(path, root, resolver, resources, report)
    declarations = _declarations(tree, resources, resolver, report)
    functions, deployed = _functions(reader, declarations, report)
    _add_own_resources(functions, resources, resolver, report)
    # What is unknown in a resource concerns no function until the resource cannot be made.
    quiet = Resolver(tree, place, config.parameter_overrides, lambda node, message: None)
    declared = tuple(template_resources.resources(resources, quiet, place, path.parent))
    events = {source.name: source.properties.get("Events") for source in deployed}
    pushes = PushReader(quiet, place).read(resources, events)
    declared = (*map(pushes.with_notifications, declared), *pushes.resources)
    for name, permissions in pushes.permissions.items():
        if name in functions:
            functions[name] = replace(functions[name], permissions=permissions)
    apis = ApiReader(quiet, report, place, path.parent).read(tree, resources, deployed)
    apis += GatewayReader(quiet, report).read(resources)
    fronts = _fronts(DeclaredResources(resources, quiet, report), functions, report)
    return Project(root, tuple(functions.values()), tuple(problems), declared, apis, fronts)


def _functions(
    reader: template_function.Reader, declarations: Iterable[Declaration], report: Report
) -> tuple[dict[str, FunctionSource], list[Deployed]]:
    """The functions that can be run here, by name, and what the template calls their properties."""
    functions: dict[str, FunctionSource] = {}
    deployed: list[Deployed] = []
    for declaration in declarations:
        try:
            function = reader.read(declaration)
        except Unusable as reason:
            report(reason.node, str(reason))
            continue
        except RecursionError:
            report(declaration.node, f"{declaration.logical_id} is nested too deeply.")
            continue
        if function.name in functions:
            report(declaration.node, f"Another function is called {function.name} already.")
            continue
        functions[function.name] = function
        deployed.append(Deployed(function.name, declaration.properties))
    return functions, deployed


def _add_own_resources(
    functions: dict[str, FunctionSource],
    resources: Node | None,
    resolver: Resolver,
    report: Report,
) -> None:
    """Give functions the URLs, asynchronous settings and mappings that are resources of their
    own."""
    mapping = resources.mapping if resources is not None else {}
    for name, url in UrlReader(resolver, report).of_resources(mapping).items():
        if name in functions:
            functions[name] = replace(functions[name], url=url)
    for name, given in AsyncReader(resolver, report).of_resources(mapping).items():
        if name in functions:
            functions[name] = replace(functions[name], event_invoke_config=given)
    for name, more in SourcesReader(resolver, report).of_resources(mapping).items():
        if name in functions:
            both = (*functions[name].event_sources, *more)
            functions[name] = replace(functions[name], event_sources=both)


def _fronts(
    resources: DeclaredResources, functions: Mapping[str, FunctionSource], report: Report
) -> tuple[front_doors.Declared, ...]:
    """The front doors beside HTTP APIs and REST APIs."""
    return (
        *WebSocketReader(resources, report).read(),
        *LoadBalancerReader(resources, report).read(),
        *DistributionReader(resources, functions, report).read(),
    )


def _declarations(
    tree: Node, resources: Node | None, resolver: Resolver, report: Report
) -> Iterator[Declaration]:
    everywhere = tree.mapping.get("Globals")
    shared = everywhere.mapping.get("Function") if everywhere is not None else None
    for logical_id, node in (resources.mapping if resources is not None else {}).items():
        if logical_id.startswith("Fn::ForEach"):
            report(node, "Fn::ForEach is not expanded: the functions it makes are not shown.")
            continue
        type_node = node.mapping.get("Type")
        type_ = type_node.value if type_node is not None else None
        if type_ in _NESTED_TYPES:
            message = f"{logical_id} is a nested application: open its template to see what it has."
            report(node, message)
        if type_ not in FUNCTION_TYPES:
            continue
        if not _LOGICAL_ID.fullmatch(logical_id):
            report(node, f"“{logical_id}” cannot be a logical id: use letters and digits only.")
            continue
        condition = node.mapping.get("Condition")
        if condition is not None and not resolver.condition(str(condition.value), condition):
            continue
        properties = node.mapping.get("Properties", Node({}, node.line, node.column))
        is_sam = type_ == "AWS::Serverless::Function"
        if is_sam and shared is not None:
            properties = merged(shared, properties)
        metadata = node.mapping.get("Metadata")
        yield Declaration(
            logical_id, node, is_sam, properties.mapping, metadata.mapping if metadata else {}
        )
