"""Gets told which records of a stream were given up, fetches them and keeps them.

The message names the records and does not have them: that keeps it small, and whoever may read
the queue need not be allowed to read the stream. They are there until the stream's retention ends.
"""

import json
import os

import boto3

kinesis = boto3.client("kinesis")
BAD_RECORDS = boto3.resource("dynamodb").Table(os.environ["BAD_RECORDS"])


def handler(event, context):
    for message in event["Records"]:
        report = json.loads(message["body"])
        for record in given_up(report["KinesisBatchInfo"]):
            text = record["Data"].decode(errors="replace")
            print(f"put aside: {text}")
            BAD_RECORDS.put_item(
                Item={
                    "sequenceNumber": record["SequenceNumber"],
                    "data": text,
                    "why": report["requestContext"]["condition"],
                }
            )


def given_up(batch):
    iterator = kinesis.get_shard_iterator(
        StreamName=batch["streamArn"].rpartition("/")[2],
        ShardId=batch["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]
    return kinesis.get_records(ShardIterator=iterator, Limit=batch["batchSize"])["Records"]
