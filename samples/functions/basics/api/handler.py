"""A small web API, answering HTTP APIs, function URLs (payload 2.0) and REST APIs (1.0).

Try it: invoke "get greeting", then the samples "HTTP API" and "REST API" from the event picker.
"""

import base64
import json


def handler(event, context):
    method, path = request_line(event)
    query = event.get("queryStringParameters") or {}  # null when there is no query

    if method == "GET" and path.startswith("/greetings/"):
        name = path.removeprefix("/greetings/")
        greeting = query.get("greeting", "Hello")
        return answer(200, {"message": f"{greeting}, {name}!"})

    if method == "POST":
        try:
            body = json.loads(read_body(event))
        except ValueError as error:
            return answer(400, {"message": f"the body is not JSON: {error}"})
        return answer(201, {"path": path, "received": body}, {"location": path})

    return answer(404, {"message": f"there is nothing at {method} {path}"})


def request_line(event):
    """Both payloads say the same thing in different places."""
    if event.get("version") == "2.0":
        return event["requestContext"]["http"]["method"], event["rawPath"]
    return event["httpMethod"], event["path"]


def read_body(event):
    body = event.get("body") or ""
    return base64.b64decode(body).decode() if event.get("isBase64Encoded") else body


def answer(status, body, headers=None):
    # The body must be a text; a dict here is a classic mistake and gives a 502.
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": json.dumps(body),
    }
