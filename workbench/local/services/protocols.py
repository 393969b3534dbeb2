"""Errors of our own in the form of whichever AWS protocol a request speaks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from workbench.local.api.protocols import cbor
from workbench.local.http.messages import Response
from workbench.local.xml_text import escape


def error_response(
    service: str, headers: Mapping[str, str], status: int, code: str, message: str
) -> Response:
    """`code` and `message` as an SDK expects an error of `service`, told by its request's
    headers (lower case): JSON 1.x, CBOR, the query protocol, S3's XML or REST-JSON."""
    request_id = str(uuid.uuid4())
    out = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", code)]
    if "smithy-protocol" in headers:
        out += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        return Response(status, cbor.encode({"__type": code, "message": message}), out)
    if "x-amz-target" in headers:
        out.append(("Content-Type", headers.get("content-type", "application/x-amz-json-1.0")))
        body = json.dumps({"__type": code, "message": message}).encode()
        return Response(status, body, out)
    form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if service != "s3" and not form:
        body = json.dumps({"message": message}).encode()
        return Response(status, body, [*out, ("Content-Type", "application/json")])
    parts = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if service == "s3":
        xml = f"<Error>{parts}<RequestId>{request_id}</RequestId></Error>"
    else:
        side = "Sender" if status < 500 else "Receiver"
        xml = (
            f"<ErrorResponse><Error><Type>{side}</Type>{parts}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}'.encode()
    return Response(status, document, [*out, ("Content-Type", "application/xml")])
