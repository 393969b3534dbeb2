"""Which requests change the resources of an embedded service."""

from __future__ import annotations

import re

from workbench.local.http.messages import Request

_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_READS = (
    *("Get", "List", "Describe", "Head", "Query", "Scan", "BatchGet", "Lookup", "Search"),
    *("Test", "Validate", "Simulate", "Filter", "Preview", "AssumeRole", "Select"),
)
# What these change is not among the resources: it is kept part by part, or not at all.
_PARTS = frozenset(
    {
        *("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage"),
        *("DeleteMessageBatch", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
        *("PutRecord", "PutRecords", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
        *("TransactWriteItems", "TransactGetItems", "ExecuteStatement", "BatchExecuteStatement"),
        *("ExecuteTransaction", "Publish", "PublishBatch", "PutEvents", "PutMetricData"),
        *("StartExecution", "StartSyncExecution", "StopExecution", "PutRecordBatch"),
    }
)


def changes_resources(request: Request) -> bool:
    """Whether a request may; one too many costs a fraction of a millisecond."""
    operation = _operation(request)
    if operation is None:
        return request.method not in ("GET", "HEAD", "OPTIONS")
    return not operation.startswith(_READS) and operation not in _PARTS


def _operation(request: Request) -> str | None:
    """The operation's name; None with REST protocols, where the method tells enough."""
    target = request.headers.get("x-amz-target")
    if target is not None:
        return target.rpartition(".")[2]
    if "smithy-protocol" in request.headers:
        return request.path.rpartition("/")[2]
    found = _ACTION.search(request.body) or _ACTION.search(request.query.encode())
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return found[1].decode() if found is not None and form else None
