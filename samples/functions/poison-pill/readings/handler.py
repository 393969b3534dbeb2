"""Keeps the last reading of each sensor. It knows nothing of bad records: it just fails on them.

Try it: invoke Demo and follow this log: 8 records fail together, then 4, then 2, then 1.
"""

import base64
import json
import os
from decimal import Decimal

import boto3

LATEST = boto3.resource("dynamodb").Table(os.environ["LATEST"])


def handler(event, context):
    records = event["Records"]
    print(f"{len(records)} records")
    # Parsed first, kept afterwards: a batch that fails has changed nothing.
    readings = [read(record) for record in records]
    for reading in readings:
        # Records of a sensor are in its order, so the last one wins.
        LATEST.put_item(Item=reading)


def read(record):
    data = base64.b64decode(record["kinesis"]["data"])
    # DynamoDB takes Decimal only: a float could not be kept as it was.
    reading = json.loads(data, parse_float=Decimal)
    return {"sensor": reading["sensor"], "celsius": reading["celsius"]}
