"""What a template says of a function's container image: its name and ImageConfig.

Images are built by whoever uses them (`sam build`, `docker build`): here they are only named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

Report = Callable[[Node, str], None]


class ImageReader:
    """Reads the properties of functions with PackageType Image."""

    def __init__(self, resolver: Resolver, report: Report) -> None:
        self._resolver = resolver
        self._report = report

    def is_image(self, properties: Mapping[str, Node]) -> bool:
        """Whether the function is a container image."""
        package = properties.get("PackageType")
        named = package is not None and self._resolver.text(package) == "Image"
        return named or "ImageUri" in properties

    def uri(self, properties: Mapping[str, Node]) -> str:
        """The image's name: SAM's ImageUri or that in Code; "" when there is none."""
        code = self._resolver.select(properties.get("Code"))
        node = properties.get("ImageUri") or (code.mapping.get("ImageUri") if code else None)
        chosen = self._resolver.select(node)
        return self._resolver.text(chosen) if chosen is not None else ""

    def how_to_build(self, logical_id: str, metadata: Mapping[str, Node]) -> str:
        """What to do about a function without ImageUri, as the end of a sentence."""
        file, context = (
            self._resolver.text(node) if (node := metadata.get(name)) is not None else ""
            for name in ("Dockerfile", "DockerContext")
        )
        name = logical_id.lower()
        context = context or "."
        option = f" -f {context.rstrip('/')}/{file}" if file and file != "Dockerfile" else ""
        return (
            f"run `docker build -t {name}{option} {context}` and add ImageUri: {name}, or run "
            "`sam build` and open .aws-sam/build/template.yaml"
        )

    def config(self, node: Node | None) -> dict[str, Any]:
        """ImageConfig as CreateFunction takes it; what cannot be is reported and left out."""
        chosen = self._resolver.select(node)
        if chosen is None:
            return {}
        found: dict[str, Any] = {}
        for name in ("EntryPoint", "Command", "WorkingDirectory"):
            member = self._resolver.select(chosen.mapping.get(name))
            if member is None:
                continue
            if name == "WorkingDirectory":
                found[name] = self._resolver.text(member)
            elif isinstance(member.value, list):
                found[name] = [self._resolver.text(item) for item in member.items]
            else:
                self._report(member, f"{name} must be a list.")
        return found
