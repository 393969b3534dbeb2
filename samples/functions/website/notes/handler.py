"""The API behind the page: reads the notes of the guest book and writes new ones.

Try it: invoke "write a note", then "read the notes".
"""

import base64
import datetime
import json
import os

import boto3
from boto3.dynamodb.conditions import Key

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])
LONGEST = {"name": 50, "text": 500}


def handler(event, context):
    # The routes of the template let nothing else through.
    if event["routeKey"] == "POST /notes":
        return write(event, context.aws_request_id)
    found = TABLE.query(
        KeyConditionExpression=Key("book").eq("guests"),
        ScanIndexForward=False,  # the newest first
        Limit=50,
    )
    notes = [{name: item[name] for name in ("name", "text", "written")} for item in found["Items"]]
    return answer(200, {"notes": notes})


def write(event, request_id):
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body)
    try:
        given = json.loads(body)
        note = {name: given[name].strip() for name in LONGEST}
    except (ValueError, TypeError, KeyError, AttributeError):
        return answer(400, {"message": "A note is JSON with a name and a text."})
    # Never trust the page: anybody can send anything.
    for name, longest in LONGEST.items():
        if not 1 <= len(note[name]) <= longest:
            return answer(400, {"message": f"The {name} must have 1 to {longest} characters."})
    # The request id makes notes of the same moment two notes.
    now = datetime.datetime.now(datetime.UTC).isoformat()
    note["written"] = f"{now}#{request_id}"
    TABLE.put_item(Item={"book": "guests", **note})
    return answer(201, note)


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }
