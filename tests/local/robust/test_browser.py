"""A page in a real browser cannot invoke a function, however it asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_lab import needs_browser, said, shown, site
from endpoint_lab import LocalEndpoint

PAGE = """\
<!doctype html><title>a page</title><form method=post enctype=text/plain target=hidden
 action="INVOKE"><input name='{"a":"' value='"}'></form><iframe name=hidden></iframe>
<img src="INVOKE"><script src="INVOKE"></script><pre id=said></pre>
<script>
const url = "INVOKE", signed = {Authorization: "SIGNED"}, tries = {
  simple: () => fetch(url, {method: "POST", mode: "no-cors", body: "{}"}),
  readable: () => fetch(url, {method: "POST", body: "{}"}),
  signed: () => fetch(url, {method: "POST", body: "{}", headers: signed}),
  "signed, not readable": () =>
    fetch(url, {method: "POST", mode: "no-cors", body: "{}", headers: signed}),
  "status of the workbench": () => fetch("STATUS", {headers: signed}),
};
(async () => {
  document.forms[0].submit();
  navigator.sendBeacon(url, "{}");
  const said = {};
  for (const [name, attempt] of Object.entries(tries))
    said[name] = await attempt().then(r => r.type + " " + r.status, e => "refused");
  document.getElementById("said").textContent = JSON.stringify(said);
})();
</script>
"""
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/lambda/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


@pytest.fixture
def counted(endpoint: LocalEndpoint, tmp_path: Path) -> tuple[str, Path]:
    """A function that leaves a line in a file each time it runs; its name and the file."""
    trace = tmp_path / "trace"
    trace.touch()
    code = f"def handler(event, context):\n    print('ran', file=open({str(trace)!r}, 'a'))\n"
    return endpoint.create(code), trace


@pytest.fixture
def page(endpoint: LocalEndpoint, counted: tuple[str, Path]) -> Iterator[str]:
    """The URL of a page, on another origin, that tries to invoke it."""
    invoke = f"{endpoint.url}/2015-03-31/functions/{counted[0]}/invocations"
    html = PAGE.replace("INVOKE", invoke).replace("SIGNED", SIGNED)
    html = html.replace("STATUS", f"{endpoint.url}/_workbench/status")

    with site(lambda: html) as url:
        yield url


@needs_browser
def test_a_page_cannot_invoke(
    endpoint: LocalEndpoint, counted: tuple[str, Path], page: str, tmp_path: Path
) -> None:
    name, trace = counted
    told = json.loads(said(shown(page, tmp_path / "profile")))
    assert told == {
        "simple": "opaque 0",  # sent without a signature, answered with 403
        "readable": "refused",
        "signed": "refused",
        "signed, not readable": "opaque 0",  # the browser leaves the header out
        "status of the workbench": "refused",
    }
    assert trace.read_text() == ""
    endpoint.client().invoke(FunctionName=name)  # whoever signs may
    assert trace.read_text() == "ran\n"
