"""A layer with an extension, published and used through the API."""

from __future__ import annotations

import base64
import io
import json
import sys
import zipfile
from pathlib import Path

from endpoint_lab import local_lambda

EXTENSION = Path(__file__).parents[2] / "runtime" / "extensions" / "recorder.py"


def layer_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("extensions/recorder")
        entry.external_attr = 0o755 << 16
        python = str(Path(sys.executable).resolve())
        text = EXTENSION.read_text().replace("/usr/bin/python3", python)
        archive.writestr(entry, text)
    return buffer.getvalue()


def test_an_extension_of_a_published_layer_until_the_server_stops(tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    with local_lambda(tmp_path / "state") as endpoint:
        client = endpoint.client()
        layer = client.publish_layer_version(LayerName="told", Content={"ZipFile": layer_zip()})
        name = endpoint.create(
            Layers=[layer["LayerVersionArn"]],
            Environment={"Variables": {"TOLD": str(told)}},
            Timeout=20,
        )
        answer = client.invoke(FunctionName=name, Payload=b'{"a": 1}', LogType="Tail")
        assert json.loads(answer["Payload"].read()) == {"a": 1}
        log = base64.b64decode(answer["LogResult"]).decode()
        assert "EXTENSION\tName: recorder\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n" in log
        assert "told of INVOKE\n" in log
    events = [json.loads(line).get("event") for line in told.read_text().splitlines()]
    kinds = [event["eventType"] for event in events if event]
    assert kinds == ["INVOKE", "SHUTDOWN"]
