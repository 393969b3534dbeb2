"""The main events have the members and types lambda-facts §8 lists, no more and no fewer."""

import json
from typing import Any

import pytest

from workbench.samples import find


def event(name: str, **values: str) -> Any:
    return find(name).render(values)


def record(name: str, **values: str) -> Any:
    records = event(name, **values)["Records"]
    assert len(records) == 1
    return records[0]


def keys(value: dict[str, Any]) -> str:
    return " ".join(value)


def test_s3_put() -> None:
    put = record("s3-put", bucket="b", key="a b/c+d.txt", size="5")

    assert keys(put) == (
        "eventVersion eventSource awsRegion eventTime eventName userIdentity requestParameters "
        "responseElements s3"
    )
    assert put["eventVersion"] == "2.1"
    assert put["eventName"] == "ObjectCreated:Put"
    assert keys(put["responseElements"]) == "x-amz-request-id x-amz-id-2"
    assert keys(put["s3"]) == "s3SchemaVersion configurationId bucket object"
    assert put["s3"]["bucket"]["arn"] == "arn:aws:s3:::b"
    assert keys(put["s3"]["object"]) == "key size eTag sequencer"
    assert put["s3"]["object"]["key"] == "a+b/c%2Bd.txt"
    assert put["s3"]["object"]["size"] == 5


def test_s3_delete_has_neither_size_nor_etag() -> None:
    assert keys(record("s3-delete")["s3"]["object"]) == "key sequencer"


def test_sns() -> None:
    notification = record("sns-notification", attributes='{"n": 1, "s": "x"}')

    assert keys(notification) == "EventSource EventVersion EventSubscriptionArn Sns"
    assert keys(notification["Sns"]) == (
        "Type MessageId TopicArn Subject Message Timestamp SignatureVersion Signature "
        "SigningCertUrl UnsubscribeUrl MessageAttributes"
    )
    assert notification["Sns"]["MessageAttributes"] == {
        "n": {"Type": "Number", "Value": "1"},
        "s": {"Type": "String", "Value": "x"},
    }
    assert record("sns-notification", subject="")["Sns"]["Subject"] is None


def test_sqs() -> None:
    message = record("sqs-message")

    assert keys(message) == (
        "messageId receiptHandle body attributes messageAttributes md5OfBody "
        "md5OfMessageAttributes eventSource eventSourceARN awsRegion"
    )
    assert set(message["attributes"]) == {
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SenderId",
        "ApproximateFirstReceiveTimestamp",
    }
    assert all(isinstance(value, str) for value in message["attributes"].values())
    fifo = set(record("sqs-fifo")["attributes"]) - set(message["attributes"])
    assert fifo == {"SequenceNumber", "MessageGroupId", "MessageDeduplicationId"}


def test_kinesis() -> None:
    kinesis = record("kinesis-record")

    assert set(kinesis["kinesis"]) == {
        "kinesisSchemaVersion",
        "partitionKey",
        "sequenceNumber",
        "data",
        "approximateArrivalTimestamp",
    }
    assert isinstance(kinesis["kinesis"]["approximateArrivalTimestamp"], float)
    assert kinesis["eventID"] == f"shardId-000000000000:{kinesis['kinesis']['sequenceNumber']}"
    assert len(kinesis["kinesis"]["sequenceNumber"]) == 56


def test_stream_windows() -> None:
    for name in ("kinesis-tumbling-window", "dynamodb-tumbling-window"):
        assert keys(event(name)) == (
            "Records window state shardId eventSourceARN isFinalInvokeForWindow "
            "isWindowTerminatedEarly"
        )
        assert event(name)["isFinalInvokeForWindow"] is False


def test_dynamodb() -> None:
    insert = record("dynamodb-insert", keys='{"Id": 1}', new_image='{"Id": 1, "ok": true}')

    assert insert["eventName"] == "INSERT"
    assert insert["eventVersion"] == "1.1"
    assert insert["dynamodb"]["Keys"] == {"Id": {"N": "1"}}
    assert insert["dynamodb"]["NewImage"] == {"Id": {"N": "1"}, "ok": {"BOOL": True}}
    assert "OldImage" not in insert["dynamodb"]
    assert "userIdentity" not in insert
    assert "NewImage" not in record("dynamodb-remove")["dynamodb"]
    assert {"NewImage", "OldImage"} < set(record("dynamodb-modify")["dynamodb"])
    assert record("dynamodb-ttl")["userIdentity"]["type"] == "Service"


def test_kafka() -> None:
    msk = event("msk", topic="t", partition="3", key="")
    own = event("kafka-self-managed")

    assert keys(msk) == "eventSource eventSourceArn bootstrapServers records"
    assert keys(own) == "eventSource bootstrapServers records"
    assert own["eventSource"] == "SelfManagedKafka"
    ((message,),) = [msk["records"]["t-3"]]
    assert keys(message) == "topic partition offset timestamp timestampType key value headers"
    assert message["key"] is None
    assert message["partition"] == 3
    assert message["headers"] == [{"source": list(b"web-shop")}]


def test_mq() -> None:
    active, rabbit = event("activemq"), event("rabbitmq", queue="q", vhost="/v", message="hi")

    assert active["eventSource"] == "aws:mq"
    assert keys(active["messages"][0]) == (
        "messageID messageType deliveryMode replyTo type expiration priority correlationId "
        "redelivered destination data timestamp brokerInTime brokerOutTime connectionId properties"
    )
    (message,) = rabbit["rmqMessagesByQueue"]["q::/v"]
    assert keys(message) == "basicProperties redelivered data"
    assert message["basicProperties"]["bodySize"] == 2
    assert message["basicProperties"]["headers"] == {"source": {"bytes": list(b"web-shop")}}


def test_documentdb() -> None:
    change = event("documentdb-insert")

    assert keys(change) == "eventSourceArn events eventSource"
    assert keys(change["events"][0]["event"]) == (
        "_id clusterTime documentKey fullDocument ns operationType"
    )


def test_eventbridge() -> None:
    members = "version id detail-type source account time region resources detail"

    assert keys(event("eventbridge-custom")) == members
    scheduled = event("eventbridge-scheduled", rule="r", region="eu-west-1")
    assert keys(scheduled) == members
    assert scheduled["detail-type"] == "Scheduled Event"
    assert scheduled["source"] == "aws.events"
    assert scheduled["resources"] == ["arn:aws:events:eu-west-1:123456789012:rule/r"]
    assert scheduled["detail"] == {}


def test_rest_proxy() -> None:
    request = event("apigateway-rest-proxy", path="/a/b", query="x=1&x=2", stage="dev")

    assert keys(request) == (
        "resource path httpMethod headers multiValueHeaders queryStringParameters "
        "multiValueQueryStringParameters pathParameters stageVariables requestContext body "
        "isBase64Encoded"
    )
    assert request["path"] == "/a/b"
    assert request["queryStringParameters"] == {"x": "2"}
    assert request["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert set(request["headers"]) == set(request["multiValueHeaders"])
    context = request["requestContext"]
    assert context["path"] == "/dev/a/b"
    assert isinstance(context["requestTimeEpoch"], int)
    assert keys(context) == (
        "accountId apiId deploymentId domainName domainPrefix extendedRequestId httpMethod "
        "identity path protocol requestId requestTime requestTimeEpoch resourceId resourcePath "
        "stage"
    )
    assert keys(context["identity"]) == (
        "accessKey accountId caller cognitoAuthenticationProvider cognitoAuthenticationType "
        "cognitoIdentityId cognitoIdentityPoolId principalOrgId sourceIp user userAgent userArn"
    )


def test_http_api_payload_1_says_so() -> None:
    request = event("apigateway-http-api-v1")

    assert request["version"] == "1.0"
    assert request["requestContext"]["resourceId"] is None


@pytest.mark.parametrize("name", ["apigateway-http-api", "function-url"])
def test_payload_2(name: str) -> None:
    request = event(name, query="x=1&x=2")
    bare = event(name, query="", body="", cookie="", method="GET")

    assert request["version"] == "2.0"
    assert request["rawQueryString"] == "x=1&x=2"
    assert request["queryStringParameters"] == {"x": "1,2"}
    assert all(header == header.lower() for header in request["headers"])
    assert set(request) - set(bare) == {"cookies", "queryStringParameters", "body"}
    assert keys(request["requestContext"]["http"]) == "method path protocol sourceIp userAgent"
    assert isinstance(request["requestContext"]["timeEpoch"], int)


def test_function_url() -> None:
    request = event("function-url", url_id="abc", region="eu-west-1")

    assert request["routeKey"] == request["requestContext"]["stage"] == "$default"
    assert request["requestContext"]["apiId"] == "abc"
    assert request["requestContext"]["domainName"] == "abc.lambda-url.eu-west-1.on.aws"
    assert request["requestContext"]["authentication"] is None
    assert "pathParameters" not in request
    assert {"x-amzn-tls-version", "x-amzn-tls-cipher-suite"} < set(request["headers"])
    assert event("function-url-binary")["isBase64Encoded"] is True


def test_load_balancer() -> None:
    single = event("alb-request", query="a=x%20y&a=2")
    several = event("alb-multi-value", query="a=x%20y&a=2")

    assert keys(single) == (
        "requestContext httpMethod path queryStringParameters headers body isBase64Encoded"
    )
    assert keys(several) == (
        "requestContext httpMethod path multiValueQueryStringParameters multiValueHeaders body "
        "isBase64Encoded"
    )
    assert single["queryStringParameters"] == {"a": "2"}
    assert several["multiValueQueryStringParameters"] == {"a": ["x%20y", "2"]}
    assert set(single["headers"]) == set(several["multiValueHeaders"])


def test_authorizers() -> None:
    assert keys(event("apigateway-authorizer-token")) == "type authorizationToken methodArn"
    assert keys(event("apigateway-authorizer-request")).startswith(
        "type methodArn resource path httpMethod headers multiValueHeaders"
    )
    second = event("apigateway-authorizer-http-api")
    assert {"version", "type", "routeArn", "identitySource"} < set(second)
    assert "body" not in second


@pytest.mark.parametrize("kind", ["connect", "message", "disconnect"])
def test_websocket(kind: str) -> None:
    context = event(f"apigateway-websocket-{kind}")["requestContext"]

    assert context["eventType"] == kind.upper()
    assert {"connectionId", "routeKey", "connectedAt", "messageDirection"} < set(context)
    assert ("messageId" in context) == (kind == "message")


@pytest.mark.parametrize("phase", ["viewer", "origin"])
@pytest.mark.parametrize("direction", ["request", "response"])
def test_lambda_at_edge(phase: str, direction: str) -> None:
    cf = record(f"cloudfront-{phase}-{direction}")["cf"]

    assert cf["config"]["eventType"] == f"{phase}-{direction}"
    assert ("response" in cf) == (direction == "response")
    assert ("origin" in cf["request"]) == (phase == "origin")
    for name, headers in cf["request"]["headers"].items():
        assert name == name.lower()
        assert [set(header) for header in headers] == [{"key", "value"}]
    if direction == "response":
        assert cf["response"]["status"] == "200"


def test_cloudwatch() -> None:
    assert keys(event("cloudwatch-logs")) == "awslogs"
    alarm = event("cloudwatch-alarm", state="OK")
    assert keys(alarm) == "source alarmArn accountId time region alarmData"
    assert keys(alarm["alarmData"]) == "alarmName state previousState configuration"
    assert alarm["alarmData"]["state"]["value"] == "OK"
    json.loads(alarm["alarmData"]["state"]["reasonData"])


def test_firehose() -> None:
    assert keys(event("firehose-transform")) == "invocationId deliveryStreamArn region records"
    from_stream = event("firehose-kinesis-source")
    assert "sourceKinesisStreamArn" in from_stream
    assert "kinesisRecordMetadata" in from_stream["records"][0]


def test_cognito() -> None:
    sign_up = event("cognito-pre-sign-up", trigger_source="PreSignUp_AdminCreateUser")

    assert keys(sign_up) == (
        "version triggerSource region userPoolId userName callerContext request response"
    )
    assert sign_up["triggerSource"] == "PreSignUp_AdminCreateUser"
    assert sign_up["response"] == {
        "autoConfirmUser": False,
        "autoVerifyEmail": False,
        "autoVerifyPhone": False,
    }
    assert event("cognito-pre-token-generation-v2")["version"] == "2"
    assert "scopes" in event("cognito-pre-token-generation-v3")["request"]


def test_custom_resources() -> None:
    create = set(event("cloudformation-create"))

    assert set(event("cloudformation-delete")) - create == {"PhysicalResourceId"}
    assert set(event("cloudformation-update")) - create == {
        "PhysicalResourceId",
        "OldResourceProperties",
    }


def test_destinations() -> None:
    success, failure = event("lambda-destination-success"), event("lambda-destination-failure")

    members = "version timestamp requestContext requestPayload responseContext responsePayload"
    assert keys(success) == keys(failure) == members
    assert "functionError" not in success["responseContext"]
    assert failure["responseContext"]["functionError"] == "Unhandled"
    assert failure["requestContext"]["approximateInvokeCount"] == 3
    assert success["requestContext"]["functionArn"].endswith(":$LATEST")
    assert "KinesisBatchInfo" in event("lambda-kinesis-on-failure")
    assert "DDBStreamBatchInfo" in event("lambda-dynamodb-on-failure")


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("secrets-manager-rotation", "SecretId ClientRequestToken Step"),
        ("codedeploy-hook", "DeploymentId LifecycleEventHookExecutionId"),
        ("iot-button", "serialNumber clickType batteryVoltage"),
        ("step-functions-error", "Error Cause"),
        ("s3-batch", "invocationSchemaVersion invocationId job tasks"),
        ("appsync-resolver", "arguments identity source request prev info stash"),
        ("connect-contact-flow", "Name Details"),
        ("codepipeline-job", "CodePipeline.job"),
        (
            "iot-authorizer",
            "token signatureVerified protocols protocolData connectionMetadata",
        ),
        (
            "workmail-email",
            "summaryVersion envelope sender subject messageId invocationId flowDirection truncated",
        ),
        (
            "vpc-lattice-v2",
            "version path method headers queryStringParameters body isBase64Encoded requestContext",
        ),
    ],
)
def test_members(name: str, members: str) -> None:
    assert keys(event(name)) == members


def test_config_rules_hold_json_texts() -> None:
    change = event("config-item-change")

    invoking = json.loads(change["invokingEvent"])
    assert invoking["messageType"] == "ConfigurationItemChangeNotification"
    assert isinstance(json.loads(change["ruleParameters"]), dict)
    assert change["eventLeftScope"] is False
