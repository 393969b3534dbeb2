"""Where Lambda itself answers differently from its own service model (lambda-facts §4.6).

The model is newer than the service in some limits (Managed Instances raised them), and lists
some enumerations in another order than the service prints them.
"""

from __future__ import annotations

# The runtimes Lambda names when it refuses one, in its order (no. 29), and those of layers.
RUNTIMES = (
    "nodejs20.x", "python3.14", "provided.al2023", "python3.12", "python3.13", "nodejs24.x",
    "nodejs22.x", "java25", "python3.10", "python3.11", "java21", "ruby3.3", "ruby3.4",
    "ruby3.2", "python3.8", "python3.9", "java17", "nodejs16.x", "dotnet10", "dotnet8",
    "java11", "dotnet6", "nodejs18.x", "provided.al2", "java8.al2",
)  # fmt: skip
LAYER_RUNTIMES = (
    "ruby3.5", "ruby2.6", "dotnetcore1.0", "python3.7", "nodejs8.10", "nasa", "ruby2.7",
    "python2.7-greengrass", "dotnetcore2.0", "python3.8", "java21", "dotnet6", "dotnetcore2.1",
    "python3.9", "java11", "nodejs6.10", "provided", "dotnetcore3.1", "dotnet8", "java25",
    "java17", "nodejs", "nodejs4.3", "java8.al2", "go1.x", "dotnet10", "nodejs20.x", "go1.9",
    "byol", "nodejs10.x", "provided.al2023", "nodejs22.x", "python3.10", "java8", "nodejs12.x",
    "python3.11", "nodejs24.x", "nodejs8.x", "python3.12", "nodejs14.x", "nodejs8.9",
    "nodejs26.x", "python3.13", "python3.14", "nodejs16.x", "python3.15", "provided.al2",
    "nodejs4.3-edge", "nodejs18.x", "ruby3.2", "python3.4", "ruby3.3", "ruby3.4", "ruby2.5",
    "python3.6", "python2.7",
)  # fmt: skip
# Newer than those lists, and accepted all the same (lambda-facts §11.1).
NEWER_RUNTIMES = ("ruby4.0", "java17.al2023", "java11.al2023", "java8.al2023")
_ALL_RUNTIMES = (*LAYER_RUNTIMES, *NEWER_RUNTIMES)

# Shape → constraints that replace the model's.
CONSTRAINTS: dict[str, dict[str, object]] = {
    "Timeout": {"max": 900},  # no. 36
    "MemorySize": {"max": 10240},  # no. 36
    "InvokeMode": {"enum": ["RESPONSE_STREAM", "BUFFERED"]},  # no. 42
    "RecursiveLoop": {"enum": ["Terminate", "Allow"]},  # no. 45
    "EventSourcePosition": {"enum": ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"]},  # §7.6
    "SnapStartApplyOn": {"enum": ["PublishedVersions", "None"]},  # no. 45
    "Architecture": {"enum": ["x86_64", "arm64"]},  # no. 32
    "Runtime": {"enum": None},  # worded in a way of its own, no. 29; see configuration.py
    "CompatibleRuntimes": {"member": {"shape": "PublishedRuntime"}},
    "LayerVersionArn": {  # without the model's outer brackets
        "pattern": r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
        r"\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|"
        r"(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"
    },
    # Shapes that the model does not have:
    "NewFunctionName": {"like": "FunctionName"},
    "PublishedRuntime": {"type": "string", "enum": RUNTIMES, "unlisted": _ALL_RUNTIMES},
    "ListedRuntime": {"type": "string", "enum": LAYER_RUNTIMES, "unlisted": _ALL_RUNTIMES},
    "TaggableResource": {  # no. 46
        "pattern": r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
        r"\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|"
        r"layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:"
        r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|"
        r"capacity-provider:[a-zA-Z0-9-_]+)"
    },
}

# (Structure, member) → the shape it has instead of the model's.
MEMBERS = {
    ("CreateFunctionRequest", "FunctionName"): "NewFunctionName",
    ("ListLayersRequest", "CompatibleRuntime"): "ListedRuntime",
    ("ListLayerVersionsRequest", "CompatibleRuntime"): "ListedRuntime",
}

# Structure → members that are checked before the others.
FIRST = {"PublishLayerVersionRequest": ("CompatibleRuntimes",)}

# List → how a constraint that one of its items broke is told. Most say the second.
ITEMS = {
    "CompatibleRuntimes": "{}",
    "SubnetIds": "Member must satisfy constraint: [{}]",
    "SecurityGroupIds": "Member must satisfy constraint: [{}]",
}
ITEM = "Member must satisfy constraint: [{}, Member must not be null]"

# Names of functions break at most one constraint at a time, and the pattern is told first.
ONE_VIOLATION = frozenset({"FunctionName", "NamespacedFunctionName"})
# A new function's name may break both. A bare name's length is CreateFunction's matter (no. 27).
NEW_NAME = "NewFunctionName"

# Operation → HTTP status, where it differs from the model's.
STATUS = {"DeleteFunction": 204}  # lambda-facts §4.2
