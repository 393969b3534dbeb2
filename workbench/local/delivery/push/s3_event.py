"""What S3 tells of a change of an object: the record for functions, queues and topics, and the
event for EventBridge (lambda-facts §8.1; S3's user guide, "Event message structure")."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

# Later kinds of events have records of a later version.
_LATER = ("LifecycleExpiration", "LifecycleTransition", "IntelligentTiering", "ObjectAcl")
_LATER_VERSIONS = dict.fromkeys((*_LATER, "ObjectTagging"), "2.3") | {"Replication": "2.2"}
_DETAIL_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "LifecycleExpiration": "Object Deleted",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectRestore:Delete": "Object Restore Expired",
    "ObjectAcl": "Object ACL Updated",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
_DELETIONS = {
    "ObjectRemoved:Delete": "Permanently Deleted",
    "ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}

_sequence_lock = threading.Lock()
_sequence = 0


def _next_sequencer() -> str:
    """18 hexadecimal digits; later ones are greater."""
    global _sequence
    with _sequence_lock:
        _sequence = max(_sequence + 1, time.time_ns())
        return f"{_sequence:018X}"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """A change of an object. `name` is the event's without `s3:` ("ObjectCreated:Put"); `size`
    (bytes), `etag` and `version_id` are None where the record has none."""

    name: str
    bucket: str
    bucket_arn: str
    account: str
    region: str
    key: str
    size: int | None = None
    etag: str | None = None
    version_id: str | None = None
    sequencer: str = field(default_factory=_next_sequencer)
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex[:16].upper())
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


def notification(change: ObjectChange, configuration_id: str) -> dict[str, Any]:
    """The event with its one record."""
    described = {
        "key": quote_plus(change.key, safe="/"),
        "size": change.size,
        "eTag": change.etag,
        "versionId": change.version_id,
        "sequencer": change.sequencer,
    }
    record = {
        "eventVersion": _LATER_VERSIONS.get(change.name.partition(":")[0], "2.1"),
        "eventSource": "aws:s3",
        "awsRegion": change.region,
        "eventTime": change.time.strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{change.time.microsecond // 1000:03}Z",
        "eventName": change.name,
        "userIdentity": {"principalId": f"AWS:{_customer('AIDA', change.account)}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": change.request_id,
            "x-amz-id-2": hashlib.sha256(change.request_id.encode()).hexdigest(),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": change.bucket,
                "ownerIdentity": {"principalId": _customer("A", change.account)},
                "arn": change.bucket_arn,
            },
            "object": {name: value for name, value in described.items() if value is not None},
        },
    }
    return {"Records": [record]}


def bridge_event(change: ObjectChange) -> dict[str, Any]:
    """The event for rules of EventBridge."""
    kind = change.name.partition(":")[0]
    described = {
        "key": change.key,
        "size": change.size,
        "etag": change.etag,
        "version-id": change.version_id,
        "sequencer": change.sequencer,
    }
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": change.bucket},
        "object": {name: value for name, value in described.items() if value is not None},
        "request-id": change.request_id,
        "requester": change.account,
        "source-ip-address": "127.0.0.1",
    }
    if change.name in _REASONS:
        detail["reason"] = _REASONS[change.name]
    if change.name in _DELETIONS:
        detail["deletion-type"] = _DELETIONS[change.name]
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": _DETAIL_TYPES.get(change.name) or _DETAIL_TYPES.get(kind, kind),
        "source": "aws.s3",
        "account": change.account,
        "time": change.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": change.region,
        "resources": [change.bucket_arn],
        "detail": detail,
    }


def _customer(prefix: str, account: str) -> str:
    return prefix + hashlib.sha256(account.encode()).hexdigest()[:13].upper()
