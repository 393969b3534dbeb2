"""Keeps the orders that come in on a Kinesis stream in a DynamoDB table.

Try it: invoke Demo, then open the API's URL (`workbench urls`) with /customers/ada/orders.
"""

import base64
import json
import os
from decimal import Decimal

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    for record in event["Records"]:
        data = record["kinesis"]
        try:
            keep(json.loads(base64.b64decode(data["data"]), parse_float=Decimal))
        except Exception as error:
            # Lambda goes on from this record: those before it are done, those after it wait,
            # because the order of a stream is kept.
            print(f"record {data['sequenceNumber']} failed: {error}")
            return {"batchItemFailures": [{"itemIdentifier": data["sequenceNumber"]}]}
    print(f"{len(event['Records'])} orders kept")
    return {"batchItemFailures": []}


def keep(order):
    # A record may come again after a failure. The same key makes it the same item.
    TABLE.put_item(
        Item={
            "customer": order["customer"],
            "placed": f"{order['time']}#{order['order']}",
            "total": order["total"],
        }
    )
