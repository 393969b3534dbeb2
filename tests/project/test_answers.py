"""What the services that send events make of functions' answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from workbench.project.answers import custom_resources, verdict
from workbench.samples import find


def event_of(sample: str) -> Any:
    return find(sample).render()


def line(sample: str, answer: Any) -> str:
    found = verdict(event_of(sample), json.dumps(answer).encode())
    assert found is not None
    return found.line


def same(event: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {**event, **changes}


def test_cognito_takes_its_own_event_with_the_response_filled_in() -> None:
    event = event_of("cognito-pre-sign-up")

    def told(answer: Any) -> str:
        found = verdict(event, json.dumps(answer).encode())
        assert found is not None
        return found.line

    assert told(same(event, response={"autoConfirmUser": True})) == "✓ Cognito takes this answer."
    assert "version is missing" in told({})
    assert "not an object" in told(None)
    assert "userName is not as it was" in told(same(event, userName="eve"))
    assert "autoConfirm is no member" in told(same(event, response={"autoConfirm": True}))
    assert "true or false" in told(same(event, response={"autoConfirmUser": "yes"}))
    assert "more is not of the event" in told(same(event, more=1))
    assert line("cognito-custom-email-sender", None).startswith("· Cognito does not look")


@pytest.mark.parametrize(
    ("sample", "answer", "expected"),
    [
        ("apigateway-rest-proxy", {"statusCode": 200, "body": "x"}, "✓ The REST API takes"),
        ("apigateway-rest-proxy", {"status": 200}, "“status” is no member"),
        ("apigateway-rest-proxy", {"statusCode": 200, "body": {}}, "json.dumps"),
        ("apigateway-http-api", {"hello": 1}, "✓ It has no statusCode"),
        ("apigateway-http-api", {"statusCode": "test"}, "statusCode 'test' is none"),
        ("apigateway-http-api-v1", {"body": "x"}, "500 Internal Server Error"),
        ("apigateway-websocket-connect", {"statusCode": 200}, "✓"),
        ("apigateway-authorizer-http-api", {"isAuthorized": 1}, "true or false"),
        ("apigateway-authorizer-token", {"principalId": "me"}, "policyDocument"),
        ("function-url", {"statusCode": 204}, "✓ The function URL takes"),
        ("alb-request", {"statusCode": "200"}, "a number from 200 to 599"),
        ("alb-multi-value", {"statusCode": 200, "headers": {}}, "takes multiValueHeaders"),
        ("cloudfront-viewer-request", {"status": "302", "headers": {}}, "✓ CloudFront takes"),
        ("cloudfront-viewer-request", {"status": "600"}, "the viewer gets 502"),
        ("cloudfront-viewer-response", {"status": "200", "headers": {"a": "b"}}, "a list like"),
        ("lex-order-flowers", {"dialogAction": {"type": "Close"}}, "fulfillmentState is missing"),
        ("lexv2-banking", {"sessionState": {"dialogAction": {"type": "Open"}}}, "'Open'"),
        (
            "lexv2-banking",
            {"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "A"}}},
            "✓ Lex takes",
        ),
        ("alexa-launch", {"version": "1.0", "response": {"outputSpeech": {}}}, "outputSpeech.type"),
        ("alexa-launch", {"version": "1.0", "response": {}}, "✓ Alexa takes"),
        ("alexa-smart-home-directive", {"event": {"header": {}}}, "no namespace"),
        ("iot-authorizer", {"isAuthenticated": False}, "✓ IoT takes"),
        ("iot-pre-provisioning", {}, "allowProvisioning"),
        ("codepipeline-job", None, "· CodePipeline does not look"),
        ("config-item-change", None, "PutEvaluations"),
        ("codedeploy-hook", None, "PutLifecycleEventHookExecutionStatus"),
        ("secrets-manager-rotation", None, "createSecret"),
        ("cloudformation-create", None, "ResponseURL counts"),
        ("ses-receive", None, "·"),
        ("firehose-transform", {"records": []}, "every recordId"),
        ("s3-batch", {}, "invocationSchemaVersion"),
        ("sqs-batch", None, "no failures"),
        ("sqs-batch", {"batchItemFailures": [{"itemIdentifier": "x"}]}, "the whole batch"),
    ],
)
def test_answers(sample: str, answer: Any, expected: str) -> None:
    assert expected in line(sample, answer)


def test_partial_failures_are_told_in_records() -> None:
    event = event_of("kinesis-batch")
    last = event["Records"][-1]["kinesis"]["sequenceNumber"]
    answer = {"batchItemFailures": [{"itemIdentifier": last}]}
    found = verdict(event, json.dumps(answer).encode())
    count = len(event["Records"])
    assert found is not None and found.words.startswith(f"Records {count} to {count} come again")


def test_events_without_rules_have_no_verdict() -> None:
    assert verdict(event_of("s3-put"), b"null") is None
    assert verdict({"a": 1}, b"nonsense") is None
    assert verdict([], b"") is None
    found = verdict(event_of("apigateway-rest-proxy"), b"nonsense")
    assert found is not None and "not JSON" in found.line


def test_what_a_custom_resource_sends() -> None:
    event = event_of("cloudformation-create")
    good = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    good |= {"Status": "SUCCESS", "PhysicalResourceId": "it"}

    def told(**changes: Any) -> str:
        return custom_resources.sent(event, json.dumps({**good, **changes}).encode()).line

    assert told().startswith("✓ SUCCESS came to ResponseURL")
    assert "RequestId is not that of the event" in told(RequestId="other")
    assert "PhysicalResourceId is missing" in told(PhysicalResourceId="")
    assert "Reason is missing" in told(Status="FAILED")
    assert told(Status="FAILED", Reason="no room").endswith("rolls back: no room")
    assert "Status is 'OK'" in told(Status="OK")
    assert "larger than 4096 bytes" in told(Data={"x": "y" * 5000})
    assert "not JSON" in custom_resources.sent(event, b"hello").line
    assert "Nothing came" in custom_resources.silence(3).line
