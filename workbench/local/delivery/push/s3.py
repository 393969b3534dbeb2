"""S3 notifications of the embedded S3: which are due, and to whom they go.

moto's have other keys and members than AWS's, leave some events out, and their functions need
Docker: here is its sending of events anew. Queues and topics get what functions get.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from workbench.local.delivery.push import events
from workbench.local.delivery.push.deliveries import Deliveries, Delivery, Undelivered
from workbench.local.delivery.push.s3_event import ObjectChange, bridge_event, notification
from workbench.local.delivery.push.targets.functions import FunctionSender
from workbench.local.http.messages import Request
from workbench.local.services.corrections.traced_messages import trace_header

PRINCIPAL = "s3.amazonaws.com"
_EMPTY = "d41d8cd98f00b204e9800998ecf8427e"  # the ETag of a delete marker

_FILTER_NAME = re.compile(rb"(?<=<Name>)(prefix|suffix)(?=</Name>)", re.IGNORECASE)

_request: ContextVar[Request | None] = ContextVar("request to S3", default=None)


def requested(request: Request) -> None:
    """What moto tells next, in this thread, is because of this request."""
    _request.set(request)
    if request.method == "PUT" and "notification" in request.query:
        # AWS takes filter rules named Prefix as well, moto does not.
        request.body = _FILTER_NAME.sub(lambda match: match[0].lower(), request.body)


def correct(deliveries: Deliveries, url: str) -> None:
    """Make moto's S3 send so; `url` is the local Lambda's. Loads that part of moto."""
    from moto.s3 import models, notifications

    sender = _Sender(deliveries, url)
    backend: Any = models.S3Backend
    bucket: Any = models.FakeBucket
    module: Any = notifications
    module.send_event = sender.told_by_moto
    backend.delete_object = sender.deleting(backend.delete_object)
    bucket.set_notification_configuration = sender.checking(bucket.set_notification_configuration)


class _Sender:
    def __init__(self, deliveries: Deliveries, url: str) -> None:
        self._deliveries = deliveries
        self._url = url

    def told_by_moto(self, account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
        """moto's `send_event`, which is called once for each step of a request."""
        name = _meant(event_name.value.removeprefix("s3:"))
        if name and bucket.notification_configuration is not None:
            change = _change(account_id, name, bucket, key)
            self._send(bucket, change)

    def deleting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """DeleteObject tells what it did: moto tells of some deletions only."""

        def delete_object(
            backend: Any,
            bucket_name: str,
            key_name: str,
            version_id: str | None = None,
            **rest: Any,
        ) -> Any:
            bucket = backend.get_bucket(bucket_name)
            known = bucket.keys.get(key_name) is not None
            done, told = original(backend, bucket_name, key_name, version_id=version_id, **rest)
            if not (done and known) or bucket.notification_configuration is None:
                return done, told
            about = (bucket.name, bucket.arn, backend.account_id, bucket.region_name, key_name)
            if bucket.is_versioned and version_id is None:
                change = ObjectChange(
                    "ObjectRemoved:DeleteMarkerCreated",
                    *about,
                    etag=_EMPTY,
                    version_id=told["version-id"],
                )
            else:
                version = version_id if bucket.is_versioned else None
                change = ObjectChange("ObjectRemoved:Delete", *about, version_id=version)
            self._send(bucket, change)
            return done, told

        return delete_object

    def checking(self, original: Callable[..., None]) -> Callable[..., None]:
        """PutBucketNotificationConfiguration refuses functions that S3 cannot invoke."""

        def set_notification_configuration(bucket: Any, configuration: Any) -> None:
            request = _request.get()
            skips = request is not None and (
                request.headers.get("x-amz-skip-destination-validation", "").lower() == "true"
            )
            for given in [] if skips else _functions(configuration):
                try:
                    with closing(FunctionSender(self._url)) as sender:
                        sender.check(given, PRINCIPAL, bucket.arn, bucket.account_id)
                except Undelivered:
                    raise _unable() from None
            original(bucket, configuration)

        return set_notification_configuration

    def _send(self, bucket: Any, change: ObjectChange) -> None:
        from moto.s3 import notifications

        configured, account = bucket.notification_configuration, change.account
        for found in configured.cloud_function:
            if _matches(found, change):
                self._deliveries.send(
                    Delivery(
                        found.arn,
                        notification(change, found.id),
                        source=f"{change.name} of the bucket {change.bucket}",
                        source_arn=change.bucket_arn,
                        account=account,
                        principal=PRINCIPAL,
                        trace=trace_header(),
                    )
                )
        for found in configured.queue:
            if _matches(found, change):
                body, name = notification(change, found.id), found.arn.rpartition(":")[2]
                notifications._send_sqs_message(account, body, name, found.arn.split(":")[3])
        for found in configured.topic:
            if _matches(found, change):
                body = notification(change, found.id)
                notifications._send_sns_message(account, body, found.arn, found.arn.split(":")[3])
        if configured.event_bridge is not None:
            events.publish(change.account, change.region, bridge_event(change))


def _meant(name: str) -> str:
    """The event that moto's stands for, "" for none: a request is one event, whatever steps moto
    takes for it."""
    request = _request.get()
    query = parse_qs(request.query, keep_blank_values=True) if request is not None else {}
    kind = name.partition(":")[0]
    if kind == "ObjectRemoved" or (kind == "ObjectTagging" and "tagging" not in query):
        return ""
    if kind == "ObjectAcl" and "acl" not in query:
        return ""
    if name == "ObjectCreated:Put" and request is not None and request.method == "POST":
        return "" if "uploadId" in query else "ObjectCreated:Post"
    return name


def _change(account: str, name: str, bucket: Any, key: Any) -> ObjectChange:
    return ObjectChange(
        name,
        bucket.name,
        bucket.arn,
        account,
        bucket.region_name,
        key.name,
        size=key.size,
        etag=key.etag.replace('"', ""),
        version_id=str(key.version_id) if bucket.is_versioned else None,
    )


def _matches(configured: Any, change: ObjectChange) -> bool:
    """Whether a configuration (moto's Notification) asks for such events of such keys."""
    name = f"s3:{change.name}"
    if not {name, f"{name.rpartition(':')[0]}:*"} & set(configured.events):
        return False
    for rule in configured.filters.get("S3Key", {}).get("FilterRule", []):
        value, is_prefix = rule["Value"] or "", rule["Name"] == "prefix"
        if not (change.key.startswith(value) if is_prefix else change.key.endswith(value)):
            return False
    return True


def _functions(configuration: Any) -> Iterator[str]:
    given = (configuration or {}).get("CloudFunctionConfiguration") or []
    for item in [given] if isinstance(given, dict) else given:
        yield item["CloudFunction"]


def _unable() -> Exception:
    from moto.s3.exceptions import S3ClientError

    error: Exception = S3ClientError(
        "InvalidArgument", "Unable to validate the following destination configurations"
    )
    return error
