"""Plays somebody with a camera: uploads the picture that lies beside this file.

Try it: invoke "a picture", then look at the log of Thumbnail.
"""

import os
from pathlib import Path

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    picture = Path(__file__).with_name("sunrise.jpg").read_bytes()
    s3.put_object(
        Bucket=os.environ["PHOTOS"], Key=event["key"], Body=picture, ContentType="image/jpeg"
    )
    return {"uploaded": event["key"], "bytes": len(picture)}
