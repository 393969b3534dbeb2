"""Function URLs that a template declares: SAM's FunctionUrlConfig, and AWS::Lambda::Url."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.project.records import FunctionUrl
from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

Report = Callable[[Node, str], None]

AUTH_TYPES = ("NONE", "AWS_IAM")
INVOKE_MODES = ("BUFFERED", "RESPONSE_STREAM")
_LISTS = ("AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders")
# What opens a URL of AuthType NONE to everybody, since October 2025 both.
_GRANTS = {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}


class UrlReader:
    """Reads URLs; what cannot be is reported and left out."""

    def __init__(self, resolver: Resolver, report: Report) -> None:
        self._resolver = resolver
        self._report = report

    def of_sam(self, config: Node | None) -> FunctionUrl | None:
        """The URL of a FunctionUrlConfig. SAM adds the permissions by itself."""
        chosen = self._resolver.select(config)
        return None if chosen is None else self._read(chosen, chosen.mapping, public=True)

    def of_resources(self, resources: Mapping[str, Node]) -> dict[str, FunctionUrl]:
        """The URLs of AWS::Lambda::Url resources, by their functions' names. Those of aliases are
        not: aliases are made with the API here."""
        granted: dict[str, set[str]] = {}
        found: dict[str, tuple[Node, dict[str, Node]]] = {}
        for node in resources.values():
            type_, properties = node.mapping.get("Type"), node.mapping.get("Properties")
            if type_ is None or properties is None or not self._is_made(node):
                continue
            given = properties.mapping
            if type_.value == "AWS::Lambda::Permission" and self._text(given, "Principal") == "*":
                name = self._function(given, "FunctionName")
                granted.setdefault(name, set()).add(self._text(given, "Action"))
            elif type_.value == "AWS::Lambda::Url" and not self._text(given, "Qualifier"):
                found[self._function(given, "TargetFunctionArn")] = node, given
        urls = {
            name: self._read(node, given, public=granted.get(name, set()) >= _GRANTS)
            for name, (node, given) in found.items()
        }
        return {name: url for name, url in urls.items() if url is not None}

    def _is_made(self, node: Node) -> bool:
        condition = node.mapping.get("Condition")
        return condition is None or self._resolver.condition(str(condition.value), condition)

    def _text(self, properties: Mapping[str, Node], name: str) -> str:
        node = properties.get(name)
        return "" if node is None else self._resolver.text(node)

    def _function(self, properties: Mapping[str, Node], name: str) -> str:
        """A function's name, from its name or ARN."""
        return self._text(properties, name).rpartition(":function:")[2].partition(":")[0]

    def _read(self, at: Node, given: Mapping[str, Node], public: bool) -> FunctionUrl | None:
        auth_type = self._text(given, "AuthType")
        if auth_type not in AUTH_TYPES:
            self._report(at, "The AuthType of a function URL must be NONE or AWS_IAM.")
            return None
        invoke_mode = self._text(given, "InvokeMode") or INVOKE_MODES[0]
        if invoke_mode not in INVOKE_MODES:
            self._report(at, "The InvokeMode of a URL must be BUFFERED or RESPONSE_STREAM.")
            return None
        cors = self._cors(given.get("Cors"))
        return FunctionUrl(auth_type, invoke_mode, cors, public and auth_type == "NONE")

    def _cors(self, node: Node | None) -> dict[str, Any]:
        chosen = self._resolver.select(node)
        if chosen is None:
            return {}
        values = self._resolver.value(chosen)
        if not isinstance(values, dict):
            self._report(chosen, "Cors must be a mapping with AllowOrigins and the like.")
            return {}
        cors: dict[str, Any] = {}
        for name, value in values.items():
            if name in _LISTS and isinstance(value, list):
                cors[name] = [str(item) for item in value]
            elif name == "AllowCredentials" and str(value).lower() in ("true", "false"):
                cors[name] = str(value).lower() == "true"
            elif name == "MaxAge" and str(value).isdigit():
                cors[name] = int(str(value))
            else:
                self._report(chosen, f"{name} of Cors is not used here: it is not what AWS takes.")
        return cors
