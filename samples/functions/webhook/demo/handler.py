"""Plays the sender of a webhook: delivers an event with its signature, and one without the secret.

Try it: invoke "push", then look at the log and the history of Webhook.
"""

import hashlib
import hmac
import json
import os
import urllib.error
import urllib.request

import boto3


def handler(event, context):
    found = boto3.client("lambda").get_function_url_config(FunctionName=os.environ["WEBHOOK"])
    url = found["FunctionUrl"]
    secrets = boto3.client("secretsmanager")
    secret = secrets.get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]

    body = json.dumps(event["delivery"]).encode()
    return {
        "url": url,
        "signed": deliver(url, event["kind"], body, secret),
        "forged": deliver(url, event["kind"], body, "a guess"),
    }


def deliver(url, kind, body, secret):
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-github-event": kind,
        "x-hub-signature-256": f"sha256={signature}",
    }
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return {"status": response.status, **json.load(response)}
    except urllib.error.HTTPError as refusal:
        with refusal:
            return {"status": refusal.code, **json.load(refusal)}
