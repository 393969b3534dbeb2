"""Packs orders from a queue. What fails is named and comes again; what succeeded does not.

Try it: invoke Demo, then follow this function's log: the order that makes no sense comes three
times, then it is in the queue FailedOrders. The others were packed at once.
"""

import json
import os

import boto3

PACKED = boto3.resource("dynamodb").Table(os.environ["PACKED"])


def handler(event, context):
    failed = []
    for record in event["Records"]:
        try:
            pack(json.loads(record["body"]))
        except Exception as error:
            attempt = record["attributes"]["ApproximateReceiveCount"]
            print(f"attempt {attempt} failed: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    # Lambda deletes all messages but these from the queue.
    return {"batchItemFailures": failed}


def pack(order):
    if order["quantity"] < 1:
        raise ValueError(f"order {order['order']}: {order['quantity']} pieces make no sense")
    try:
        # A queue may deliver a message twice: the condition lets an order be packed only once.
        PACKED.put_item(
            Item={"order": order["order"], "quantity": order["quantity"]},
            ConditionExpression="attribute_not_exists(#order)",
            ExpressionAttributeNames={"#order": "order"},  # ORDER is a word of DynamoDB's own
        )
    except PACKED.meta.client.exceptions.ConditionalCheckFailedException:
        print(f"order {order['order']} was packed already")
    else:
        print(f"order {order['order']}: {order['quantity']} pieces packed")
