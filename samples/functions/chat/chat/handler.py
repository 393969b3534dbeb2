"""A chat: keeps who is connected in a table, and sends what one says to all of them.

API Gateway holds the connections, so that no function has to run while nobody says anything.

Try it: open page/index.html in two windows, with the URL that `workbench urls` has for the API.
"""

import json
import os

import boto3

CONNECTIONS = boto3.resource("dynamodb").Table(os.environ["CONNECTIONS"])


def handler(event, context):
    about = event["requestContext"]
    connection = about["connectionId"]

    match about["routeKey"]:
        case "$connect":
            # Anything but a 200 refuses the connection. It is not open before this has returned.
            CONNECTIONS.put_item(Item={"id": connection, "callback": callback_url(event)})
        case "$disconnect":
            # Not certain to come: a laptop that is closed says nothing.
            CONNECTIONS.delete_item(Key={"id": connection})
        case "say":
            said = json.loads(event["body"])
            message = {"name": str(said.get("name", ""))[:50], "text": str(said.get("text", ""))[:500]}
            print(f"{message['name']}: {message['text']}")
            to_all(json.dumps(message).encode())
    return {"statusCode": 200}


def callback_url(event):
    """Where messages for this connection go: where it came to. Only $connect has headers."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    stage = event["requestContext"]["stage"]
    return f"{headers['x-forwarded-proto']}://{headers['host']}/{stage}"


def to_all(message):
    apis = {}
    # A chat with more than a few hundred people needs pages, and a table by rooms.
    for item in CONNECTIONS.scan()["Items"]:
        url = item["callback"]
        if url not in apis:
            apis[url] = boto3.client("apigatewaymanagementapi", endpoint_url=url)
        try:
            apis[url].post_to_connection(ConnectionId=item["id"], Data=message)
        except apis[url].exceptions.GoneException:  # left without a word
            CONNECTIONS.delete_item(Key={"id": item["id"]})
