"""Answers of the embedded services have AWS's members."""

from __future__ import annotations

from endpoint_lab import LocalEndpoint


def test_tables(shared_endpoint: LocalEndpoint) -> None:
    dynamodb = shared_endpoint.client("dynamodb")
    made = dynamodb.create_table(
        TableName="shapes",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    table = dynamodb.describe_table(TableName="shapes")["Table"]
    assert made["TableId"] == table["TableId"]
    assert not {"GlobalSecondaryIndexes", "LocalSecondaryIndexes", "WarmThroughput"} & made.keys()
    assert "LastUpdateToPayPerRequestDateTime" in table["BillingModeSummary"]


def test_batches_without_failures(shared_endpoint: LocalEndpoint) -> None:
    sqs = shared_endpoint.client("sqs")
    queue = sqs.create_queue(QueueName="shapes")["QueueUrl"]
    entries = [{"Id": "1", "MessageBody": "x"}]
    assert "Failed" not in sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    handle = {"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}
    assert "Failed" not in sqs.delete_message_batch(QueueUrl=queue, Entries=[handle])
