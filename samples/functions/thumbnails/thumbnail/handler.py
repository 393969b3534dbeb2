"""Makes thumbnails of pictures that were uploaded to S3.

Pillow is in requirements.txt: the workbench installs it, and so does `sam build`.

Try it: invoke Demo, and look at this function's log.
"""

import io
import os
from urllib.parse import unquote_plus

import boto3
from PIL import Image, ImageOps

s3 = boto3.client("s3")
TARGET = os.environ["THUMBNAILS"]
SIZES = [int(size) for size in os.environ["SIZES"].split(",")]


def handler(event, context):
    made = []
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        # Keys arrive URL-encoded: "summer holiday.jpg" as "summer+holiday.jpg".
        key = unquote_plus(record["s3"]["object"]["key"])
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for size in SIZES:
            made.append(keep(key, size, thumbnail(body, size)))
    return {"made": made}


def thumbnail(body, size):
    picture = Image.open(io.BytesIO(body))
    picture.draft("RGB", (size, size))  # a JPEG can be read smaller than it is: much faster
    # Cameras store how they were held; without this some thumbnails would lie on their side.
    picture = ImageOps.exif_transpose(picture).convert("RGB")
    picture.thumbnail((size, size))  # the longer side; the shape stays
    return picture


def keep(key, size, picture):
    name = f"{key.removesuffix('.jpg')}-{size}.jpg"
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    s3.put_object(
        Bucket=TARGET,
        Key=name,
        Body=file.getvalue(),
        ContentType="image/jpeg",
        Metadata={"width": str(picture.width), "height": str(picture.height)},
    )
    print(f"{name}: {picture.width} x {picture.height}, {file.tell()} bytes")
    return name
