"""Plans the thumbnails of a picture that was uploaded to S3. It calls no AWS service.

Try it: choose the sample "Object created (Put)" and give it another bucket and key.
"""

import os
from pathlib import PurePosixPath
from urllib.parse import unquote_plus

WIDTHS = [int(width) for width in os.environ.get("WIDTHS", "128,512").split(",")]
TARGET = os.environ.get("TARGET", "thumbnails")
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}


def handler(event, context):
    plan = []
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        # Keys arrive URL-encoded: "summer holiday.jpg" as "summer+holiday.jpg".
        key = PurePosixPath(unquote_plus(record["s3"]["object"]["key"]))

        if not record["eventName"].startswith("ObjectCreated:"):
            print(f"nothing to do for {record['eventName']} of {key}")
            continue
        if key.suffix.lower() not in PICTURES:
            print(f"{key} is no picture")
            continue

        print(f"planning {len(WIDTHS)} thumbnails of s3://{bucket}/{key}")
        plan += [
            {
                "source": f"s3://{bucket}/{key}",
                "target": f"s3://{TARGET}/{key.with_suffix('')}-{width}{key.suffix}",
                "width": width,
            }
            for width in WIDTHS
        ]
    return {"planned": len(plan), "thumbnails": plan}
