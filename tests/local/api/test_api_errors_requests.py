"""Requests that cannot be read, are too large, or ask for what is not offered (lambda-facts §2.2,
§4.6)."""

from __future__ import annotations

import http.client
import json

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint
from errors_lab import Refused, assert_refused, call

CATALOGUE: dict[str, Refused] = {
    "2.2 json": (
        call("invoke", Payload=b"{bad}"),
        ("InvalidRequestContentException", 400),
        "Could not parse request body into json: Could not parse payload into json: Unexpected "
        "character ('b' (code 98)): was expecting double-quote to start field name\n at [Source: "
        "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]",
    ),
    "2.2 control": (
        call("invoke", Payload=b"\x99"),
        ("InvalidRequestContentException", 400),
        "Could not parse request body into json: Could not parse payload into json: Unexpected "
        "character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, "
        "Object or token 'null', 'true' or 'false')\n at [Source: REDACTED "
        "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1]",
    ),
    "2.2 utf-8": (
        call("invoke", Payload=b'"\x87"'),
        ("InvalidRequestContentException", 400),
        "Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 "
        "start byte 0x87\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
        "disabled); line: 1, column: 3]",
    ),
    "2.2 size": (
        call("invoke", Payload=b'"' + b"x" * 6_291_456 + b'"'),
        ("RequestEntityTooLargeException", 413),
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    ),
    "2.2 event size": (
        call("invoke", Payload=b'"' + b"x" * 1_048_576 + b'"', InvocationType="Event"),
        ("RequestEntityTooLargeException", 413),
        "Request must be smaller than 1048576 bytes for the InvokeFunction operation",
    ),
}


@pytest.mark.parametrize("case", CATALOGUE)
def test_a_payload_that_cannot_be_is_worded_as_aws_does(known: LocalEndpoint, case: str) -> None:
    assert_refused(known, CATALOGUE[case])


def test_an_operation_that_is_not_offered_says_so(known: LocalEndpoint) -> None:
    with pytest.raises(ClientError) as caught:
        known.client().list_capacity_providers()
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert response["Error"] == {
        "Code": "NotImplementedException",
        "Message": "The local Lambda does not offer ListCapacityProviders.",
    }


def test_a_request_larger_than_lambda_takes(known: LocalEndpoint) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", known.port, timeout=60)
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/r/lambda/aws4_request"}
    connection.request("POST", "/2015-03-31/functions", b"x" * 70_167_212, headers)
    answer = connection.getresponse()
    assert answer.status == 413
    assert answer.getheader("x-amzn-ErrorType") == "RequestEntityTooLargeException"
    assert json.loads(answer.read()) == {
        "message": "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    }
    connection.close()


def test_what_cannot_be_a_request_is_refused_in_json(known: LocalEndpoint) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", known.port, timeout=20)
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/r/lambda/aws4_request"}
    for path, headers, body, status, code in (
        ("/2015-03-31/functions", {}, b"", 403, "MissingAuthenticationTokenException"),
        ("/no/such/path", signed, b"", 404, "UnknownOperationException"),
        ("/2015-03-31/functions", signed, b"{", 400, "InvalidRequestContentException"),
        ("/2015-03-31/functions", signed, b"[]", 400, "SerializationException"),
        ("/2015-03-31/functions", signed, b'{"Timeout": "9"}', 400, "SerializationException"),
        ("/2015-03-31/functions", signed, b'{"Timeout": 1e999}', 400, "SerializationException"),
        ("/2015-03-31/functions", signed, b'{"Role": "\\ud800"}', 400, "SerializationException"),
    ):
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("x-amzn-ErrorType")) == (status, code)
        assert json.loads(answer.read()).keys() <= {"message", "Message", "Type"}
    connection.close()
