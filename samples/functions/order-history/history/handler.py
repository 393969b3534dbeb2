"""Answers with a customer's orders, the newest first, a page at a time.

Try it: invoke "orders of ada" after Demo; then open the API's URL in a browser.
"""

import json
import os

import boto3
from boto3.dynamodb.conditions import Key

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])
PAGE = 20


def handler(event, context):
    customer = event["pathParameters"]["customer"]
    before = (event.get("queryStringParameters") or {}).get("before")

    query = {
        "KeyConditionExpression": Key("customer").eq(customer),
        "ScanIndexForward": False,  # from the end of the sort key: the newest first
        "Limit": PAGE,
    }
    if before:
        query["ExclusiveStartKey"] = {"customer": customer, "placed": before}
    found = TABLE.query(**query)

    orders = []
    for item in found["Items"]:
        time, _, order = item["placed"].partition("#")
        orders.append({"order": order, "time": time, "total": float(item["total"])})
    # What to ask for as ?before= to get the next page; null on the last one.
    following = found.get("LastEvaluatedKey", {}).get("placed")
    # An HTTP API takes a dict like this as JSON with status 200; this says it in full.
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"customer": customer, "orders": orders, "next": following}),
    }
