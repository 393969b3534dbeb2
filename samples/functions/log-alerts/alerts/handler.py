"""Gets lines of another function's log from CloudWatch Logs and keeps them as errors.

Try it: invoke Shop, then look at this function's log.
"""

import base64
import gzip
import json
import os

import boto3

ERRORS = boto3.resource("dynamodb").Table(os.environ["ERRORS"])


def handler(event, context):
    # The lines come compressed, and as text because events are JSON.
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    if data["messageType"] != "DATA_MESSAGE":  # CloudWatch asks whether anybody is there
        return

    for line in data["logEvents"]:
        message = line["message"].strip()
        print(f"an error in {data['logGroup']}: {message}")
        # The line's own id: lines that are delivered twice are kept once.
        ERRORS.put_item(
            Item={
                "id": line["id"],
                "time": line["timestamp"],
                "log": data["logGroup"],
                "message": message,
            }
        )
