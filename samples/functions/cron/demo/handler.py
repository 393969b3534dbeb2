"""Plays the shop: leaves shopping carts behind that were touched some hours ago.

Try it: invoke "one is old" and wait for Tidy: it runs every minute.
"""

import datetime
import os

import boto3

CARTS = boto3.resource("dynamodb").Table(os.environ["CARTS"])


def handler(event, context):
    now = datetime.datetime.now(datetime.UTC)
    for cart, hours in event["carts"].items():
        touched = now - datetime.timedelta(hours=hours)
        CARTS.put_item(Item={"cart": cart, "touched": touched.isoformat()})
    return {"left": len(event["carts"])}
