"""Recursive loops are ended after 16 invocations of a function in one chain (lambda-facts §6)."""

from __future__ import annotations

import json
from pathlib import Path

from async_lab import queued, send, telling, told, wait_for
from endpoint_lab import LocalEndpoint
from sources_lab import Queue

from workbench.local.delivery import lineage

# What SDKs do: the trace header of the invocation goes with every request.
DEEPER = """
import http.client, json, os
def handler(event, context):
    connection = http.client.HTTPConnection("127.0.0.1", event["port"])
    headers = {
        "X-Amzn-Trace-Id": os.environ["_X_AMZN_TRACE_ID"],
        "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/lambda/aws4_request,"
        " SignedHeaders=host, Signature=none",
    }
    path = f"/2015-03-31/functions/{event['next']}/invocations"
    body = {**event, "depth": event["depth"] + 1, "next": context.function_name}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    if answer.status == 200:
        return body
    return {"depth": event["depth"], "status": answer.status, "body": body,
            "type": answer.headers["x-amzn-ErrorType"]}
"""

AGAIN = """
import boto3, json, os
client = boto3.client("lambda", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1")
def handler(event, context):
    with open(os.environ["FILE"], "a") as file:
        file.write(json.dumps([context.aws_request_id, event]) + chr(10))
    if event < 40:
        name, payload = context.function_name, json.dumps(event + 1)
        client.invoke(FunctionName=name, InvocationType="Event", Payload=payload)
"""

# A mistake that is easily made: the answer goes where the request came from.
ROUND = """
import boto3, json, os
sqs = boto3.client("sqs")
def handler(event, context):
    for record in event["Records"]:
        with open(os.environ["FILE"], "a") as file:
            file.write(json.dumps(record["attributes"].get("AWSTraceHeader")) + chr(10))
        number = int(record["body"]) + 1
        if number < 40:
            sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=str(number))
"""


def test_the_caller_of_one_too_many_is_refused(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    one, two = (shared_endpoint.create(DEEPER, Timeout=30) for _ in range(2))
    event = {"port": shared_endpoint.port, "next": two, "depth": 1}
    got = json.loads(client.invoke(FunctionName=one, Payload=json.dumps(event))["Payload"].read())
    assert got == {
        "depth": 32,  # each of the two came 16 times
        "status": 400,
        "type": "RecursiveInvocationException",
        "body": {
            "Type": "User",
            "Message": "Lambda has detected your function being invoked in a recursive loop with "
            "other AWS resources and stopped your function's invocation.",
        },
    }


def test_an_event_in_a_loop_goes_where_failures_go(
    shared_endpoint: LocalEndpoint, tmp_path: Path
) -> None:
    client = shared_endpoint.client()
    ran, records = tmp_path / "ran", tmp_path / "records"
    variables = {"ENDPOINT": shared_endpoint.url, "FILE": str(ran)}
    name = shared_endpoint.create(AGAIN, Environment={"Variables": variables}, Timeout=30)
    keeper = shared_endpoint.create(telling(records))
    arn = client.get_function_configuration(FunctionName=keeper)["FunctionArn"]
    client.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    send(shared_endpoint, name, 1)
    wait_for(lambda: told(records))
    wait_for(lambda: queued(shared_endpoint) == 0)
    assert [event for _, event in told(ran)] == list(range(1, 17))
    [[_, record]] = told(records)
    assert record["requestPayload"] == 17 and "responsePayload" not in record
    assert record["requestContext"]["approximateInvokeCount"] == 0
    client.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    ran.unlink()
    send(shared_endpoint, name, 1)
    wait_for(lambda: len(told(ran)) == 40)


def test_a_loop_through_a_queue_ends_in_its_dead_letter_queue(
    hurried: LocalEndpoint, tmp_path: Path
) -> None:
    ran, dead = tmp_path / "ran", Queue(hurried)
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    queue = Queue(hurried, visibility=1, RedrivePolicy=policy)
    variables = {"QUEUE": queue.url, "FILE": str(ran)}
    name = hurried.create(ROUND, Environment={"Variables": variables}, Timeout=1)
    hurried.client().create_event_source_mapping(FunctionName=name, EventSourceArn=queue.arn)
    queue.send("1")
    wait_for(lambda: sum(dead.left) == 1)
    headers = told(ran)
    assert len(headers) == 16
    assert headers[0] is None and f"{mark(hurried, name)}:14" in headers[-1]
    # Messages of several chains in a batch, which go on together.
    ran.unlink()
    for _ in range(2):
        queue.send("1")
    wait_for(lambda: sum(dead.left) == 3)
    assert 16 <= len(told(ran)) <= 2 * 16


def mark(endpoint: LocalEndpoint, name: str) -> str:
    arn = endpoint.client().get_function_configuration(FunctionName=name)["FunctionArn"]
    return lineage.mark(arn)
