"""Says how many shopping carts there are. A true one would send an e-mail.

Try it: invoke "a weekday morning".
"""

import os

import boto3

CARTS = boto3.resource("dynamodb").Table(os.environ["CARTS"])


def handler(event, context):
    carts, query = 0, {"Select": "COUNT"}
    while True:
        page = CARTS.scan(**query)
        carts += page["Count"]
        if "LastEvaluatedKey" not in page:
            break
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    print(f"good morning! At {event['time']} there are {carts} carts")
    return {"carts": carts}
