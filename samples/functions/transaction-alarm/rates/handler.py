"""Counts how often each card pays in a window of time, and raises an alarm at the window's end.

Try it: invoke Demo, wait for the window of ten seconds to end, then look at the log of Pager.
"""

import base64
import json
import os

import boto3

sns = boto3.client("sns")
LIMIT = int(os.environ["LIMIT"])


def handler(event, context):
    # What the last invocation of this window returned; empty at its first. It must not be kept
    # in a global variable: the next batch may run in another execution environment.
    counts = event.get("state") or {}

    for record in event["Records"]:
        card = json.loads(base64.b64decode(record["kinesis"]["data"]))["card"]
        counts[card] = counts.get(card, 0) + 1

    if event["isFinalInvokeForWindow"]:
        # It has no records: it is there to make something of what was counted.
        alarm(event["window"], {card: count for card, count in counts.items() if count > LIMIT})
        return {}

    print(f"so far in this window: {counts}")
    return {"state": counts}


def alarm(window, many):
    print(f"the window from {window['start']} is over, {len(many)} cards paid too often")
    if many:
        sns.publish(
            TopicArn=os.environ["TOPIC"],
            Subject="Cards that pay too often",
            Message=json.dumps({"window": window, "cards": many}),
        )
