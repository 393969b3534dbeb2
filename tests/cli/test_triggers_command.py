"""`workbench triggers`: what invokes functions."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
from cli_shell import on_terminal, run


def test_triggers_are_listed(shop: Path, url: str) -> None:
    client = boto3.client(
        "lambda",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    made = client.create_function_url_config(FunctionName="Echo", AuthType="NONE")
    try:
        (found,) = json.loads(run("triggers", "Echo", "--json", cwd=shop).stdout)
        assert found["Kind"] == "FunctionUrl" and found["Functions"] == ["Echo"]
        assert found["Url"] == made["FunctionUrl"]
        heading, line = on_terminal("triggers", cwd=shop).splitlines()
        assert heading.split() == ["STATE", "KIND", "SOURCE", "FUNCTION"]
        assert line.split() == ["●", "Listening", "URL", "Echo", "Echo", made["FunctionUrl"]]
        assert on_terminal("triggers", "Slow", cwd=shop) == "Nothing invokes Slow by itself.\n"
        wrong = run("triggers", "Ehco", cwd=shop)
        assert wrong.returncode == 2 and "did you mean Echo" in wrong.stderr
    finally:
        client.delete_function_url_config(FunctionName="Echo")
    client.close()
