"""Sends the page. A site with many files would have them in S3 behind CloudFront instead.

Try it: `workbench urls`, and open the URL of / in a browser. Change index.html and reload.
"""

from pathlib import Path

# Read once for each execution environment. Beside this file, wherever that is.
PAGE = Path(__file__).with_name("index.html").read_text(encoding="utf-8")


def handler(event, context):
    return {
        "statusCode": 200,
        "headers": {"content-type": "text/html; charset=utf-8"},
        "body": PAGE,
    }
