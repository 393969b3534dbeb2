"""The AWS SDK for JavaScript as npm has it, unchanged, against the endpoint."""

from __future__ import annotations

from pathlib import Path

from endpoint_lab import ROLE, LocalEndpoint, zipped
from npm_lab import install, run

HANDLER = """\
exports.handler = async (event) => {
  console.log("hello from the log");
  if (event.fail) throw new RangeError("as you wish");
  return { hello: event.name };
};
"""


def test_a_session(shared_endpoint: LocalEndpoint, tmp_path: Path) -> None:
    install(tmp_path, "@aws-sdk/client-lambda@3")
    (tmp_path / "code.zip").write_bytes(zipped({"index.js": HANDLER}))
    script = Path(__file__).with_name("sdk_session.mjs")
    assert run(shared_endpoint, script, tmp_path, ROLE, tmp_path / "code.zip") == {
        "created": "Pending",
        "answer": {"hello": "Ada"},
        "log": True,
        "version": "1",
        "alias": "live",
        "failed": ["Unhandled", "RangeError"],
        "streamed": [{"hello": "Ada"}, "Unhandled"],
        "listed": True,
        "error": ["ResourceNotFoundException", 404, "User"],
    }
