"""Removes shopping carts that nobody has touched for a day.

A schedule may start a function twice for the same minute, so running it twice must do no harm.

Try it: invoke Demo and wait for the next minute; or invoke this with its saved event.
"""

import datetime
import os

import boto3
from boto3.dynamodb.conditions import Attr

CARTS = boto3.resource("dynamodb").Table(os.environ["CARTS"])


def handler(event, context):
    # The time the schedule meant. It may be late, and then "now" is not what was meant.
    now = datetime.datetime.fromisoformat(event["time"])
    day_before = (now - datetime.timedelta(days=1)).isoformat()

    removed = 0
    with CARTS.batch_writer() as writer:
        for cart in old_carts(day_before):
            writer.delete_item(Key={"cart": cart})
            removed += 1
    print(f"{removed} carts removed that were last touched before {day_before}")
    return {"removed": removed}


def old_carts(before):
    query = {"FilterExpression": Attr("touched").lt(before), "ProjectionExpression": "cart"}
    while True:
        page = CARTS.scan(**query)
        yield from (item["cart"] for item in page["Items"])
        if "LastEvaluatedKey" not in page:  # a scan answers with a megabyte at a time
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
