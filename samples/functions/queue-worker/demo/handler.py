"""Plays the shop: sends the orders of its event to the queue.

Try it: invoke "three orders", then look at the log of Worker.
"""

import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    orders = event["orders"]
    for start in range(0, len(orders), 10):  # ten messages are the most that one call takes
        entries = [
            {"Id": str(number), "MessageBody": json.dumps(order)}
            for number, order in enumerate(orders[start : start + 10])
        ]
        sqs.send_message_batch(QueueUrl=os.environ["QUEUE"], Entries=entries)
    return {"sent": len(orders)}
