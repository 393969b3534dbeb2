"""One function resource of a template, read into a FunctionSource."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.project import runtimes
from workbench.project.files import write_atomically
from workbench.project.records import FunctionSource
from workbench.project.state_dir import StateDir, StateDirError
from workbench.project.templates.asynchronous import AsyncReader
from workbench.project.templates.concurrency import ConcurrencyReader
from workbench.project.templates.deployment import preference
from workbench.project.templates.image import ImageReader
from workbench.project.templates.intrinsics import Resolver
from workbench.project.templates.logs import LoggingReader
from workbench.project.templates.sources import SourcesReader
from workbench.project.templates.url import UrlReader
from workbench.project.tree import Node

Report = Callable[[Node, str], None]

_NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
_LAYER_TYPES = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")
# Where SAM builds put what can be run.
_BUILT = "run `sam build`, then open .aws-sam/build/template.yaml"


class Unusable(Exception):
    """The function cannot be run here. The message is a sentence, `node` the place."""

    def __init__(self, node: Node, message: str) -> None:
        super().__init__(message)
        self.node = node


@dataclass(frozen=True, slots=True)
class Declaration:
    """A function resource; `properties` has SAM's Globals merged in."""

    logical_id: str
    node: Node
    is_sam: bool
    properties: Mapping[str, Node]
    metadata: Mapping[str, Node]


class Reader:
    """Reads the function resources of the template `path`."""

    def __init__(
        self, path: Path, root: Path, resolver: Resolver, resources: Node | None, report: Report
    ) -> None:
        self._path = path
        self._root = root
        self._resolver = resolver
        self._resources = resources.mapping if resources is not None else {}
        self._report = report
        self._urls = UrlReader(resolver, report)
        self._concurrency = ConcurrencyReader(resolver, report)
        self._asynchronous = AsyncReader(resolver, report)
        self._logging = LoggingReader(resolver, report)
        self._sources = SourcesReader(resolver, report)
        self._images = ImageReader(resolver, report)
        # Functions of a large template share folders and handlers; each is looked up once.
        self._paths: dict[str, Path] = {}
        self._handler_files: dict[tuple[Path, str, str], bool] = {}

    def read(self, function: Declaration) -> FunctionSource:
        """The function. What has a default is reported and defaulted; raises Unusable."""
        get = function.properties.get
        image_uri = self._image_uri(function)
        runtime, handler, code = "", "", self._path.parent
        layers: tuple[Path, ...] = ()
        if image_uri is None:
            runtime = self._runtime(function)
            handler = self._required(function, "Handler")
            layers = self._layers(get("Layers"))
            code = self._code(function, runtime)
            self._check_handler(function, runtime, handler, code, bool(layers))
        return FunctionSource(
            name=self._name(function),
            runtime=runtime,
            handler=handler,
            code=code,
            declared_in=self._path,
            description=self._text(get("Description")),
            timeout=self._number(get("Timeout"), "Timeout", 3, 1, 900),
            memory_size=self._number(get("MemorySize"), "MemorySize", 128, 128, 10240),
            ephemeral_storage=self._number(
                self._inner(get("EphemeralStorage"), "Size"), "Size", 512, 512, 10240
            ),
            architecture=self._architecture(get("Architectures")),
            active_tracing=self._active_tracing(get("Tracing"), get("TracingConfig")),
            logging=self._logging.config(get("LoggingConfig")),
            environment=self._environment(get("Environment")),
            layers=layers,
            url=self._urls.of_sam(get("FunctionUrlConfig")) if function.is_sam else None,
            dead_letter_arn=self._asynchronous.dead_letter_arn(function.properties),
            event_invoke_config=self._asynchronous.event_invoke_config(get("EventInvokeConfig")),
            event_sources=self._sources.of_sam(get("Events")) if function.is_sam else (),
            image_uri=image_uri,
            image_config=self._images.config(get("ImageConfig")) if image_uri else {},
            reserved_concurrency=self._concurrency.reserved(get("ReservedConcurrentExecutions")),
            alias=self._concurrency.alias(get("AutoPublishAlias")) if function.is_sam else None,
            provisioned_concurrency=(
                self._concurrency.provisioned(function.properties) if function.is_sam else None
            ),
            deployment=(
                preference(get("DeploymentPreference"), self._resolver) if function.is_sam else None
            ),
        )

    # -- properties -----------------------------------------------------------------------------

    def _name(self, function: Declaration) -> str:
        node = function.properties.get("FunctionName")
        name = self._text(node)
        if node is None or not name:
            return function.logical_id[:64]
        if not _NAME.fullmatch(name):
            self._report(
                node,
                f"“{name}” is not a valid FunctionName (1 to 64 letters, digits, - and _): "
                f"{function.logical_id} is used here.",
            )
            return function.logical_id[:64]
        return name

    def _image_uri(self, function: Declaration) -> str | None:
        """The name of a container image; None for a function with code."""
        if not self._images.is_image(function.properties):
            return None
        uri = self._images.uri(function.properties)
        if not uri:
            how = self._images.how_to_build(function.logical_id, function.metadata)
            at = function.properties.get("PackageType") or function.node
            raise Unusable(at, f"{function.logical_id} is a container image to be built: {how}.")
        return uri

    def _runtime(self, function: Declaration) -> str:
        runtime = self._required(function, "Runtime")
        node = function.properties["Runtime"]
        if not runtimes.is_run_here(runtime):
            what = (
                f"{runtime} is not run by this version"
                if runtime in runtimes.KNOWN
                else f"“{runtime}” is not a Lambda runtime"
            )
            raise Unusable(node, f"{function.logical_id}: {what}.")
        if runtime not in runtimes.KNOWN:
            self._report(node, f"“{runtime}” is not a Lambda runtime (yet).")
        return runtime

    def _required(self, function: Declaration, name: str) -> str:
        node = function.properties.get(name)
        value = self._text(node)
        if node is None or not value:
            where = " (nor do the Globals)" if function.is_sam else ""
            raise Unusable(
                node or function.node, f"{function.logical_id} has no {name}{where}: add one."
            )
        return value

    def _number(self, node: Node | None, name: str, default: int, low: int, high: int) -> int:
        chosen = self._resolver.select(node)
        if chosen is None:
            return default
        text = self._resolver.text(chosen)
        if re.fullmatch(r"\d{1,9}", text) and low <= int(text) <= high:
            return int(text)
        self._report(
            chosen,
            f"{name} must be a whole number from {low} to {high}, not “{text}”: "
            f"{default} is used here.",
        )
        return default

    def _active_tracing(self, sam: Node | None, config: Node | None) -> bool:
        """SAM's Tracing, or TracingConfig's Mode: Active, or PassThrough (and SAM's Disabled)."""
        return "Active" in (self._text(sam), self._text(self._inner(config, "Mode")))

    def _architecture(self, node: Node | None) -> str:
        chosen = self._resolver.select(node)
        value = self._resolver.value(chosen) if chosen is not None else None
        if chosen is None:
            return "x86_64"
        if isinstance(value, list) and len(value) == 1 and value[0] in ("x86_64", "arm64"):
            return str(value[0])
        self._report(chosen, "Architectures must be [x86_64] or [arm64]: x86_64 is used here.")
        return "x86_64"

    def _environment(self, node: Node | None) -> dict[str, str]:
        variables = self._resolver.select(self._inner(node, "Variables"))
        if variables is None:
            return {}
        if not isinstance(variables.value, dict):
            self._report(variables, "Environment Variables must be a mapping of names to values.")
            return {}
        environment: dict[str, str] = {}
        for name, value in variables.value.items():
            chosen = self._resolver.select(value)
            if chosen is None:
                continue
            if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]+", name):
                # lambda-facts §4.6: such a name fails the whole deployment on AWS.
                message = (
                    f"“{name}” is not a valid environment variable: begin with a letter and use "
                    "at least two letters, digits and _. It is left out here."
                )
                self._report(value, message)
                continue
            environment[name] = self._resolver.text(chosen)
        return environment

    def _inner(self, node: Node | None, name: str) -> Node | None:
        """`name` inside a property that must be a mapping."""
        chosen = self._resolver.select(node)
        if chosen is None:
            return None
        if not isinstance(chosen.value, dict):
            self._report(chosen, f"This must be a mapping with {name}.")
            return None
        return chosen.value.get(name)

    def _text(self, node: Node | None) -> str:
        return self._resolver.text(node) if node is not None else ""

    # -- code -----------------------------------------------------------------------------------

    def _code(self, function: Declaration, runtime: str) -> Path:
        properties, select = function.properties, self._resolver.select
        inline = select(properties.get("InlineCode"))
        if inline is not None:
            return self._inline(function, inline, runtime)
        asset = function.metadata.get("aws:asset:path")
        if asset is not None:  # the CDK keeps the folder here, and an S3 key in Code
            return self._local(function, asset, self._text(asset))
        node = select(properties.get("CodeUri" if function.is_sam else "Code"))
        if node is None:
            if function.is_sam:
                return self._path.parent
            raise Unusable(function.node, f"{function.logical_id} has no Code: add one.")
        if "ZipFile" in node.mapping:
            return self._inline(function, node.mapping["ZipFile"], runtime)
        where = self._resolver.value(node)
        if isinstance(where, dict) or (isinstance(where, str) and where.startswith("s3://")):
            raise Unusable(
                node,
                f"{function.logical_id}: its code lies in S3; give a local folder to run it here.",
            )
        return self._local(function, node, self._text(node))

    def _local(self, function: Declaration, node: Node, where: str) -> Path:
        path = self._paths.get(where)
        if path is not None:
            return path
        path = (self._path.parent / where).resolve()
        if path.is_file() and path.suffix not in (".zip", ".jar"):
            path = path.parent  # of a file alone a deployment makes a package, with it at the top
        if path.exists():
            self._paths[where] = path
            return path
        raise Unusable(node, f"{function.logical_id}: the code folder {where} does not exist.")

    def _inline(self, function: Declaration, node: Node, runtime: str) -> Path:
        """Inline code becomes the file AWS makes of it: index.py or index.js."""
        name = "index.py" if runtime.startswith("python") else "index.js"
        text = self._text(node)
        try:
            folder = StateDir(self._root).path / "inline" / function.logical_id
            path = folder / name
            if not path.is_file() or path.read_bytes() != text.encode():
                write_atomically(path, text)
        except (OSError, StateDirError) as error:
            raise Unusable(node, f"{function.logical_id}: cannot keep its code: {error}") from error
        return folder

    def _check_handler(
        self, function: Declaration, runtime: str, handler: str, code: Path, has_layers: bool
    ) -> None:
        """Say it when the handler's file is not there, and what would make it."""
        at = function.properties["Handler"]
        key = code, runtime, handler
        if key not in self._handler_files:
            found = _handler_file(code, runtime, handler) is not None
            self._handler_files[key] = found or not code.is_dir()
        if self._handler_files[key]:
            return
        method = function.metadata.get("BuildMethod")
        skips = function.metadata.get("SkipBuild")
        if method is not None and not (skips is not None and skips.value is True):
            raise Unusable(
                method,
                f"{function.logical_id} is built with {self._text(method)} first: {_BUILT}.",
            )
        stem = handler.rpartition(".")[0] or handler
        if runtime.startswith("nodejs"):
            for suffix in (".ts", ".mts", ".cts", ".tsx"):
                if (code / f"{stem}{suffix}").is_file():
                    raise Unusable(
                        at,
                        f"{function.logical_id} is TypeScript ({stem}{suffix}): build it to "
                        "JavaScript first.",
                    )
        if runtimes.is_provided(runtime):
            raise Unusable(
                at,
                f"{function.logical_id}: its code folder has no executable file “bootstrap”: "
                "build it first.",
            )
        if not has_layers:  # a layer may bring the handler, as monitoring products do
            message = f"{function.logical_id}: {code.name}/ has no file for the handler {handler}."
            self._report(at, message)

    # -- layers ---------------------------------------------------------------------------------

    def _layers(self, node: Node | None) -> tuple[Path, ...]:
        chosen = self._resolver.select(node)
        if chosen is None:
            return ()
        if not isinstance(chosen.value, list):
            self._report(chosen, "Layers must be a list.")
            return ()
        paths = (self._layer(item) for item in chosen.value)
        return tuple(path for path in paths if path is not None)

    def _layer(self, item: Node) -> Path | None:
        node = self._resolver.select(item)
        if node is None:
            return None
        logical_id = _referred(node)
        resource = self._resources.get(logical_id) if logical_id else None
        type_ = resource.mapping.get("Type") if resource is not None else None
        if resource is None or type_ is None or type_.value not in _LAYER_TYPES:
            text = self._text(node)
            message = f"The layer {text} is on AWS: it is not used here."
            self._report(node, message)
            return None
        key = "ContentUri" if type_.value == _LAYER_TYPES[0] else "Content"
        properties = resource.mapping.get("Properties")
        content = self._resolver.select(properties.mapping.get(key) if properties else None)
        where = self._resolver.value(content) if content is not None else None
        if content is None or not isinstance(where, str) or where.startswith("s3://"):
            self._report(
                content or resource, f"The layer {logical_id} has no local {key}: not used here."
            )
            return None
        path = (self._path.parent / where).resolve()
        if not path.is_dir() and not (path.is_file() and path.suffix == ".zip"):
            self._report(content, f"The layer folder {where} does not exist: not used here.")
            return None
        metadata = resource.mapping.get("Metadata")
        method = metadata.mapping.get("BuildMethod") if metadata else None
        if method is not None:
            message = f"The layer {logical_id} is used as it is, without its build: {_BUILT}."
            self._report(method, message)
        return path


def _referred(node: Node) -> str | None:
    """The logical id in `Ref` (or the layer's own GetAtt), if it is one."""
    target = node.mapping.get("Ref") or node.mapping.get("Fn::GetAtt")
    if target is None:
        return None
    first = target.items[0].value if target.items else target.value
    return first.split(".")[0] if isinstance(first, str) else None


def _handler_file(code: Path, runtime: str, handler: str) -> Path | None:
    """The file a handler's name points to, by the rules of its runtime."""
    return next((path for path in _candidates(code, runtime, handler) if path.is_file()), None)


def _candidates(code: Path, runtime: str, handler: str) -> Iterator[Path]:
    if runtimes.is_provided(runtime):
        yield code / "bootstrap"
        return
    stem = handler.rpartition(".")[0]
    if runtime.startswith("python"):
        module = stem.replace(".", "/")
        yield code / f"{module}.py"
        yield code / module / "__init__.py"
        yield from (code / module).parent.glob(f"{Path(module).name}.*.so")
    else:
        for suffix in (".js", ".mjs", ".cjs", ""):
            yield code / f"{stem}{suffix}"
        yield code / stem / "index.js"
