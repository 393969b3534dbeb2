"""CloudFormation's intrinsic functions, worked out without deploying anything.

What only a deployment can tell becomes a readable placeholder (`<Table.StreamArn>`) and is
reported once, with its place.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import cast

from workbench.project.templates import local_values
from workbench.project.templates.local_values import Place
from workbench.project.tree import Node

Resolved = dict[str, "Resolved"] | list["Resolved"] | str | int | float | bool | None
Report = Callable[[Node, str], None]

_VARIABLE = re.compile(r"\$\{(!?)([^${}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
# What SAM itself adds beside the resources that are written down: suffix → type.
_SAM_ADDS = {"Role": "AWS::IAM::Role", "Url": "AWS::Lambda::Url"}
_SAM_QUALIFIERS = ("Alias", "Version")  # what AutoPublishAlias adds, written Function.Alias
# Type → the property that names what it is of.
_NAMED_AFTER = {
    "AWS::Lambda::Version": "FunctionName",
    "AWS::Lambda::Alias": "FunctionName",
    "AWS::Kinesis::StreamConsumer": "StreamARN",
}
_SAM_APIS = {
    "ServerlessRestApi": "AWS::Serverless::Api",
    "ServerlessHttpApi": "AWS::Serverless::HttpApi",
    "ServerlessWebSocketApi": "AWS::Serverless::WebSocketApi",
}


class Resolver:
    """Works out the intrinsic functions of one template.

    `template` is its root, `overrides` the parameters given from outside, `report` is called with
    the node and a sentence for everything that cannot be known here.
    """

    def __init__(
        self, template: Node, place: Place, overrides: Mapping[str, str], report: Report
    ) -> None:
        self._sections = template.mapping
        self._place = place
        self._overrides = overrides
        self._report_to = report
        self._reported: set[tuple[int, int, str]] = set()
        self._pseudo = place.pseudo_parameters()
        self._conditions_open: set[str] = set()
        self._names_open: set[str] = set()

    def select(self, node: Node | None) -> Node | None:
        """`node` with `Fn::If` decided: the chosen branch, or None for AWS::NoValue."""
        while node is not None:
            name, argument = _call(node)
            if name == "Ref" and argument.value == "AWS::NoValue":
                return None
            if name != "Fn::If":
                return node
            parts = argument.items
            if len(parts) != 3 or not isinstance(parts[0].value, str):
                self._report(node, "Fn::If takes a condition's name and two values.")
                return None
            node = parts[1] if self.condition(parts[0].value, parts[0]) else parts[2]
        return None

    def text(self, node: Node) -> str:
        """`node` worked out as a string property takes it: numbers as written, true/false."""
        chosen = self.select(node)
        return "" if chosen is None else _as_text(self.value(chosen), chosen)

    def value(self, node: Node) -> Resolved:
        """`node` with every intrinsic function worked out; AWS::NoValue entries are left out."""
        chosen = self.select(node)
        if chosen is None:
            return None
        name, argument = _call(chosen)
        if name is not None:
            return self._function(chosen, name, argument)
        if isinstance(chosen.value, dict):
            return {
                key: self.value(item)
                for key, item in chosen.value.items()
                if self.select(item) is not None
            }
        if isinstance(chosen.value, list):
            return [self.value(item) for item in chosen.value if self.select(item) is not None]
        if isinstance(chosen.value, str) and _DYNAMIC.search(chosen.value):
            self._report(
                chosen, f"{_DYNAMIC.findall(chosen.value)[0]} is looked up only when deployed."
            )
        return chosen.value

    def condition(self, name: str, at: Node) -> bool:
        """Whether the condition `name` holds. One that is missing or goes in circles: False."""
        node = _section(self._sections, "Conditions").get(name)
        if node is None:
            self._report(at, f"There is no condition “{name}”.")
            return False
        if name in self._conditions_open:
            self._report(at, f"The condition “{name}” depends on itself.")
            return False
        self._conditions_open.add(name)
        try:
            return self._holds(node)
        finally:
            self._conditions_open.discard(name)

    def resource_name(self, logical_id: str) -> str:
        """A resource's own name: its name property, else its logical id, also where the property
        cannot be known here: AWS allows no name with a placeholder's brackets."""
        resource = _section(self._sections, "Resources").get(logical_id)
        fields = resource.mapping if resource is not None else {}
        type_ = fields["Type"].value if "Type" in fields else None
        name_property = local_values.NAME_PROPERTY.get(str(type_))
        properties = fields["Properties"].mapping if "Properties" in fields else {}
        node = self.select(properties.get(name_property)) if name_property else None
        if node is None or logical_id in self._names_open:
            fifo = properties.get("FifoQueue") or properties.get("FifoTopic")
            return f"{logical_id}.fifo" if fifo and self.text(fifo) == "true" else logical_id
        self._names_open.add(logical_id)
        try:
            name = self.text(node)
            return name if name and "<" not in name else logical_id
        finally:
            self._names_open.discard(logical_id)

    # -- the functions --------------------------------------------------------------------------

    def _function(self, node: Node, name: str, argument: Node) -> Resolved:
        match name:
            case "Ref":
                return self._ref(node, self.text(argument))
            case "Fn::GetAtt":
                parts = (
                    argument.value.split(".", 1)
                    if isinstance(argument.value, str)
                    else [self.text(item) for item in argument.items]
                )
                if len(parts) == 2:
                    return self._get_att(node, parts[0], parts[1])
            case "Fn::Sub":
                return self._sub(node, argument)
            case "Fn::Join":
                if len(argument.items) == 2:
                    items = self._list(argument.items[1])
                    return self.text(argument.items[0]).join(_as_text(item) for item in items)
            case "Fn::Select":
                if len(argument.items) == 2:
                    return self._select(node, argument)
            case "Fn::Split":
                if len(argument.items) == 2 and self.text(argument.items[0]):
                    parts = self.text(argument.items[1]).split(self.text(argument.items[0]))
                    return cast("Resolved", parts)
            case "Fn::FindInMap":
                if len(argument.items) >= 3:
                    return self._find_in_map(node, argument)
            case "Fn::Base64":
                return base64.b64encode(self.text(argument).encode()).decode()
            case "Fn::GetAZs":
                region = self.text(argument) or self._place.region
                return [f"{region}{letter}" for letter in "abc"]
            case "Fn::Length":
                return len(self._list(argument))
            case "Fn::ToJsonString":
                return json.dumps(self.value(argument), separators=(",", ":"))
            case "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" | "Condition":
                return self._holds(node)
            case "Fn::ImportValue":
                exported = self.text(argument)
                return self._unknown(node, exported, f"“{exported}” is exported by another stack")
            case _:
                return self._unknown(node, name, f"{name} is worked out only when deployed")
        return self._unknown(node, name, f"{name} is not written the way it takes its arguments")

    def _ref(self, node: Node, name: str) -> Resolved:
        if name in self._pseudo:
            return cast("Resolved", self._pseudo[name])
        parameter = _section(self._sections, "Parameters").get(name)
        if parameter is not None:
            return self._parameter(node, name, parameter)
        type_ = self._type(name)
        if type_ is None:
            return self._unknown(node, name, f"There is no parameter or resource “{name}”")
        derived = self._derived(name, type_)
        if derived is not None:
            return derived
        return local_values.ref(type_, self.resource_name(name), self._place)

    def _get_att(self, node: Node, name: str, attribute: str) -> Resolved:
        if attribute in _SAM_QUALIFIERS and self._is_sam_function(name):
            return self._ref(node, f"{name}.{attribute}")  # as in ${Function.Alias}
        type_ = self._type(name)
        if type_ is None:
            return self._unknown(node, f"{name}.{attribute}", f"There is no resource “{name}”")
        if attribute == "ConsumerARN":
            return self._ref(node, name)
        known = local_values.attribute(type_, self.resource_name(name), attribute, self._place)
        if known is not None:
            return known
        return self._unknown(
            node, f"{name}.{attribute}", f"{attribute} of {name} is known only when deployed"
        )

    def _type(self, logical_id: str) -> str | None:
        resources = _section(self._sections, "Resources")
        if logical_id in resources:
            type_ = resources[logical_id].mapping.get("Type")
            return str(type_.value) if type_ is not None else ""
        for suffix, type_name in _SAM_ADDS.items():
            owner = logical_id.removesuffix(suffix)
            if owner != logical_id and self._is_sam_function(owner):
                return type_name
        owner, _, rest = logical_id.partition(".")
        if rest in _SAM_QUALIFIERS and self._is_sam_function(owner):
            return f"AWS::Lambda::{rest}"
        return _SAM_APIS.get(logical_id)

    def _derived(self, logical_id: str, type_: str) -> str | None:
        """What `Ref` gives for a resource that is named after another one; None for all others.

        A version or an alias is its function's ARN: a template's functions run as they are in its
        folder, so nothing of it is published here.
        """
        if type_ not in _NAMED_AFTER:
            return None
        resource = _section(self._sections, "Resources").get(logical_id)
        properties = resource.mapping.get("Properties") if resource is not None else None
        of = properties.mapping.get(_NAMED_AFTER[type_]) if properties is not None else None
        if resource is None:  # SAM's own
            other = self.resource_name(logical_id.rpartition(".")[0])
        elif of is None or logical_id in self._names_open:
            return None
        else:
            self._names_open.add(logical_id)
            try:
                other = self.text(of)
            finally:
                self._names_open.discard(logical_id)
        if type_ == "AWS::Kinesis::StreamConsumer":
            return f"{other}/consumer/{self.resource_name(logical_id)}"
        if other.startswith("arn:"):
            return ":".join(other.split(":")[:7])
        return self._place.arn("lambda", f"function:{other}")

    def _is_sam_function(self, logical_id: str) -> bool:
        resource = _section(self._sections, "Resources").get(logical_id)
        type_ = resource.mapping.get("Type") if resource is not None else None
        return type_ is not None and type_.value == "AWS::Serverless::Function"

    def _parameter(self, node: Node, name: str, parameter: Node) -> Resolved:
        fields = parameter.mapping
        type_ = str(fields["Type"].value) if "Type" in fields else "String"
        if name in self._overrides:
            text = self._overrides[name]
        elif "Default" in fields:
            text = _as_text(fields["Default"].value, fields["Default"])
            if type_.startswith("AWS::SSM::Parameter::Value"):
                why = f"The parameter {name} is looked up in Parameter Store ({text})"
                return self._unknown(node, name, why)
        else:
            why = f"The parameter {name} has no Default, and samconfig.toml gives it no value"
            return self._unknown(node, name, why)
        if type_ == "CommaDelimitedList" or type_.startswith("List<"):
            return [part.strip() for part in text.split(",")]
        return text

    def _sub(self, node: Node, argument: Node) -> str:
        own: dict[str, Node] = {}
        if argument.items:
            template = self.text(argument.items[0])
            own = argument.items[1].mapping if len(argument.items) > 1 else {}
        else:
            template = self.text(argument)

        def replace(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return "${" + match[2] + "}"
            if name in own:
                return self.text(own[name])
            resource, _, attribute = name.partition(".")
            if attribute and self._type(name) is None:
                return _as_text(self._get_att(node, resource, attribute))
            return _as_text(self._ref(node, name))

        return _VARIABLE.sub(replace, template)

    def _select(self, node: Node, argument: Node) -> Resolved:
        items = self._list(argument.items[1])
        index = self.text(argument.items[0])
        if index.isdigit() and int(index) < len(items):
            return items[int(index)]
        why = f"Fn::Select asks for item {index} of {len(items)} (they count from 0)"
        return self._unknown(node, "Fn::Select", why)

    def _find_in_map(self, node: Node, argument: Node) -> Resolved:
        keys = [self.text(item) for item in argument.items[:3]]
        found: Node | None = Node(_section(self._sections, "Mappings"), 0, 0)
        for key in keys:
            found = found.mapping.get(key) if found is not None else None
        if found is not None:
            return self.value(found)
        if len(argument.items) > 3 and "DefaultValue" in argument.items[3].mapping:
            return self.value(argument.items[3].mapping["DefaultValue"])
        return self._unknown(node, ".".join(keys), f"Mappings has no {' → '.join(keys)}")

    def _holds(self, node: Node) -> bool:
        name, argument = _call(node)
        match name:
            case "Fn::Equals" if len(argument.items) == 2:
                return self.text(argument.items[0]) == self.text(argument.items[1])
            case "Fn::And":
                return all(self._holds(item) for item in argument.items)
            case "Fn::Or":
                return any(self._holds(item) for item in argument.items)
            case "Fn::Not" if len(argument.items) == 1:
                return not self._holds(argument.items[0])
            case "Condition":
                return self.condition(str(argument.value), argument)
        if isinstance(node.value, bool):
            return node.value
        self._report(node, "This condition cannot be worked out: it is taken to be false.")
        return False

    # -- helpers --------------------------------------------------------------------------------

    def _list(self, node: Node) -> list[Resolved]:
        value = self.value(node)
        return value if isinstance(value, list) else [] if value is None else [value]

    def _unknown(self, node: Node, name: str, why: str) -> str:
        placeholder = f"<{name}>"
        self._report(node, f"{why}: {placeholder} is used for it here.")
        return placeholder

    def _report(self, node: Node, message: str) -> None:
        key = (node.line, node.column, message)
        if key not in self._reported:
            self._reported.add(key)
            self._report_to(node, message)


def _call(node: Node) -> tuple[str | None, Node]:
    """The intrinsic function `node` calls and its argument, or None."""
    if isinstance(node.value, dict) and len(node.value) == 1:
        [(name, argument)] = node.value.items()
        if name == "Ref" or name.startswith("Fn::"):
            return name, argument
        # In a policy document "Condition" is a plain key, with a mapping.
        if name == "Condition" and isinstance(argument.value, str):
            return name, argument
    return None, node


def _section(sections: Mapping[str, Node], name: str) -> dict[str, Node]:
    return sections[name].mapping if name in sections else {}


def _as_text(value: object, node: Node | None = None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        # As written: 0644 and 1.10 are not 420 and 1.1 to the person who wrote them.
        return node.text if node is not None and node.text else str(value)
    if isinstance(value, list):
        return ",".join(_as_text(item) for item in value)
    return json.dumps(value, separators=(",", ":"))
