"""Where a function's code or a layer's content comes from: the request itself, or S3."""

from __future__ import annotations

import asyncio
import contextlib

from workbench.local.api.context import Context, Input
from workbench.local.errors import ApiError, invalid_parameter
from workbench.local.services.settings import ServiceError
from workbench.local.store.code import Snapshot
from workbench.local.store.zips import MAX_UNZIPPED, MAX_ZIPPED, too_big

_S3 = {"S3Bucket": "Bucket", "S3Key": "Key", "S3ObjectVersion": "VersionId"}


async def archive(context: Context, source: Input, what: str) -> bytes:
    """The zip that a FunctionCode or LayerVersionContentInput (`source`) means.

    `what` names it in errors: "function code" or "layer content". Raises ApiError (lambda-facts
    §4.6 no. 34).
    """
    place = {theirs: source[ours] for ours, theirs in _S3.items() if source.get(ours)}
    if source.get("ZipFile") is not None:
        if place:
            raise invalid_parameter(
                "Please do not provide other FunctionCode parameters when providing a ZipFile."
            )
        content: bytes = source["ZipFile"]
        return content
    if not ("Bucket" in place and "Key" in place):
        raise invalid_parameter(f"Please provide a source for {what}.")
    with contextlib.suppress(ServiceError):  # reading it says what is wrong
        # First, because all of it is read into memory.
        known = await context.services.call("s3", "HeadObject", place)
        if known.get("ContentLength", 0) > MAX_UNZIPPED:
            raise too_big()
    try:
        found = await context.services.call("s3", "GetObject", place)
    except ServiceError as error:
        raise _refused(error) from None
    body: bytes = found["Body"]
    return body


async def save(context: Context, source: Input, content: bytes) -> Snapshot:
    """Keep the zip `content` of `source`. One from S3 may be larger than one in a request."""
    limit = MAX_ZIPPED if source.get("ZipFile") is not None else MAX_UNZIPPED
    return await asyncio.to_thread(context.store.code.save, content, limit)


def _refused(error: ServiceError) -> ApiError:
    if error.code == "ServiceUnavailable":
        return ApiError("ServiceUnavailableException", f"S3 does not answer: {error.message}")
    told = f"S3 Error Code: {error.code}. S3 Error Message: {error.message}"
    if error.code == "AccessDenied":
        return ApiError(
            "AccessDeniedException",
            "Your access has been denied by S3, please make sure your request credentials have "
            f"permission to GetObject for the object. {told}",
        )
    return invalid_parameter(f"Error occurred while GetObject. {told}")
