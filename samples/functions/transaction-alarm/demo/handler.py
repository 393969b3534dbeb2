"""Plays the shops: each card of its event pays as often as the event says.

Try it: invoke "one card pays often".
"""

import json
import os

import boto3

kinesis = boto3.client("kinesis")


def handler(event, context):
    transactions = [
        {"card": card, "amount": 9.99} for card, times in event["cards"].items() for _ in range(times)
    ]
    # The card is the partition key: all its transactions are in one shard, and windows are
    # counted shard by shard.
    records = [
        {"Data": json.dumps(transaction).encode(), "PartitionKey": transaction["card"]}
        for transaction in transactions
    ]
    kinesis.put_records(StreamName=os.environ["STREAM"], Records=records)
    return {"put": len(records)}
