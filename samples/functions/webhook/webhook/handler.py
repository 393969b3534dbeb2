"""A webhook as GitHub and many others call it: JSON, signed with a secret that both sides know.

Try it: invoke Demo and look at what it was answered. Then change a byte of the body in "forged".
"""

import base64
import hashlib
import hmac
import json
import os

import boto3

# Read once for each execution environment, not for each delivery. A secret in an environment
# variable could be read by everybody who may look at the function's configuration.
SECRET = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
KEY = SECRET["SecretString"].encode()


def handler(event, context):
    # The signature is that of the bytes as they were sent: check it before parsing anything.
    body = event.get("body") or ""
    body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()

    # Names of headers arrive in lower case.
    if not is_signed(body, event["headers"].get("x-hub-signature-256", "")):
        print("refused: the signature is not right")
        return answer(401, "the signature is not right")

    kind = event["headers"].get("x-github-event", "unknown")
    try:
        delivery = json.loads(body)
    except ValueError:
        return answer(400, "the body is not JSON")

    # Answer soon: senders wait a few seconds only. Longer work belongs in a queue.
    print(f"accepted: {kind} of {delivery.get('repository', 'nowhere')}")
    return answer(200, f"thank you for this {kind}")


def is_signed(body, signature):
    expected = "sha256=" + hmac.new(KEY, body, hashlib.sha256).hexdigest()
    # Not ==, which takes longer the more characters are right: that can be measured.
    return hmac.compare_digest(expected.encode(), signature.encode())


def answer(status, message):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"message": message}),
    }
