"""Finding a project's functions: in its template, or, without one, in its source files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.project.handlers import handler_search as handlers
from workbench.project.records import Problem, Project

TEMPLATE_NAMES = ("template.yaml", "template.yml", "template.json")


def discover(
    root: Path, *, account: str = "123456789012", region: str = "us-east-1", endpoint: str = ""
) -> Project:
    """Everything found in `root`: a project's folder, or a template file itself.

    A template counts when it declares functions or cannot be read; else every Python and Node.js
    file with a handler does (`handlers.find`). Nothing of the project is imported or run.
    `account` and `region` are what AWS::AccountId and AWS::Region give; `endpoint` is where the
    queues of the template are, "" for AWS itself.
    """
    root = root.resolve()
    if root.is_file():
        project = _template(root, root.parent, account, region, endpoint)
        if project is not None:
            return project
        message = "This is not a CloudFormation template: it has no Resources."
        return Project(root.parent, (), (Problem(root, message),))
    if not root.is_dir():
        return Project(root, (), (Problem(root, "There is no such folder."),))
    for name in TEMPLATE_NAMES:
        path = root / name
        if path.is_file():
            project = _template(path, root, account, region, endpoint)
            if project is not None and (project.functions or project.problems):
                return project
            if project is not None:
                return replace(handlers.find(root), resources=project.resources)
    return handlers.find(root)


def _template(path: Path, root: Path, account: str, region: str, endpoint: str) -> Project | None:
    # Late: all that a template can say takes 40 ms to load, and many folders have none.
    from workbench.project.templates import template

    return template.load(path, root, account, region, endpoint)
