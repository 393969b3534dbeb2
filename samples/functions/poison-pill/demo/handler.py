"""Plays the sensors: puts the readings of its event on the stream, each as the text it is.

Try it: invoke "one sends rubbish", then look at the log of Readings and of Quarantine.
"""

import os

import boto3

kinesis = boto3.client("kinesis")


def handler(event, context):
    records = [
        # One partition key: one shard, and an order that is kept.
        {"Data": reading.encode(), "PartitionKey": "sensors"}
        for reading in event["readings"]
    ]
    kinesis.put_records(StreamName=os.environ["STREAM"], Records=records)
    return {"put": len(records)}
