"""Where Lambda itself answers differently from its own service model (lambda-facts §4.6).

The model is newer than the service in some limits (Managed Instances raised them), and lists
some enumerations in another order than the service prints them.
"""

from __future__ import annotations

# Shape → constraints that replace the model's.
CONSTRAINTS: dict[str, dict[str, object]] = {
    "Timeout": {"max": 900},  # no. 36
    "MemorySize": {"max": 10240},  # no. 36
    "InvokeMode": {"enum": ["RESPONSE_STREAM", "BUFFERED"]},  # no. 42
    "RecursiveLoop": {"enum": ["Terminate", "Allow"]},  # no. 45
    "SnapStartApplyOn": {"enum": ["PublishedVersions", "None"]},  # no. 45
    "Architecture": {"enum": ["x86_64", "arm64"]},  # no. 32
    "Runtime": {"enum": None},  # worded in a way of its own, no. 29; see configuration.py
}

# Names of functions break at most one constraint at a time, and the pattern is told first.
ONE_VIOLATION = frozenset({"FunctionName", "NamespacedFunctionName"})

# Operation → HTTP status, where it differs from the model's.
STATUS = {"DeleteFunction": 204}  # lambda-facts §4.2
