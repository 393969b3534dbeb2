"""Plays the shop: puts the orders of its event on the stream.

Try it: invoke "orders of two customers", then History.
"""

import json
import os

import boto3

kinesis = boto3.client("kinesis")


def handler(event, context):
    records = [
        # The partition key chooses the shard: orders of a customer stay in their order, those of
        # different customers are worked on at the same time.
        {"Data": json.dumps(order).encode(), "PartitionKey": order["customer"]}
        for order in event["orders"]
    ]
    kinesis.put_records(StreamName=os.environ["STREAM"], Records=records)
    return {"put": len(records)}
