"""Prints what functions need to act as an AWS profile: one line of JSON.

`python -m workbench.local.services.credentials_process PROFILE`: the variables, and how many
seconds they are good for (null: for good). A process of its own, because boto3 stays out of the
server and because asking SSO or a credential process takes its time.
"""

from __future__ import annotations

import datetime
import json
import sys


def main(profile: str) -> int:
    """Print the credentials; 1 with a sentence on stderr when there are none."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        credentials = boto3.Session(profile_name=profile).get_credentials()
        if credentials is None:
            print(f"The AWS profile {profile} has no credentials.", file=sys.stderr)
            return 1
        frozen = credentials.get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    variables = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
    }
    if frozen.token:
        variables["AWS_SESSION_TOKEN"] = frozen.token
    expiry = getattr(credentials, "_expiry_time", None)
    seconds = None
    if isinstance(expiry, datetime.datetime):
        seconds = (expiry - datetime.datetime.now(datetime.UTC)).total_seconds()
    print(json.dumps({"Variables": variables, "Seconds": seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
