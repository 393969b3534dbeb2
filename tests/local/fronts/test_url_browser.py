"""A page in a real browser uses a function URL that allows its origin, and only then."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from endpoint_lab import LocalEndpoint
from url_lab import open_url

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PAGE = """\
<!doctype html><title>a page</title><pre id=said></pre>
<script>
const asked = {method: "PUT", credentials: "include", body: '{"a": 1}',
               headers: {"Content-Type": "application/json", "X-One": "1"}};
const read = async (url) => {
  const answer = await fetch(url, asked);
  return [answer.status, await answer.json(), answer.headers.get("x-two")];
};
(async () => {
  const said = [];
  for (const url of URLS) said.push(await read(url).catch(() => "refused"));
  document.getElementById("said").textContent = JSON.stringify(said);
})();
</script>
"""


@contextmanager
def site() -> Iterator[tuple[str, list[str]]]:
    """A site of another origin: its URL, and the URLs that its page asks (to be filled in)."""
    urls: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.replace("URLS", json.dumps(urls)).encode())

        def log_message(self, *_: object) -> None:
            """Silence."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", urls
        server.shutdown()
        thread.join()


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")
def test_pages_of_allowed_origins(shared_endpoint: LocalEndpoint, tmp_path: Path) -> None:
    assert BROWSER is not None
    code = (
        "import json\n"
        "def handler(event, context):\n"
        "    return {'statusCode': 201, 'headers': {'X-Two': '2'}, 'body': event['body']}\n"
    )
    with site() as (origin, urls):
        cors = {
            "AllowOrigins": ["https://elsewhere.example", origin],
            "AllowMethods": ["PUT"],
            "AllowHeaders": ["content-type", "x-one"],
            "ExposeHeaders": ["x-two"],
            "AllowCredentials": True,
        }
        for settings in (
            cors,
            {**cors, "AllowOrigins": ["https://elsewhere.example"]},
            {**cors, "AllowMethods": ["GET"]},
            {**cors, "AllowHeaders": ["content-type"]},
        ):
            urls.append(open_url(shared_endpoint, shared_endpoint.create(code), Cors=settings))
        shown = subprocess.run(
            [
                BROWSER,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--virtual-time-budget=10000",
                "--dump-dom",
                origin,
            ],
            capture_output=True,
            text=True,
            timeout=80,
            check=True,
        ).stdout
    said = json.loads(shown.partition('<pre id="said">')[2].partition("</pre>")[0])
    assert said == [[201, {"a": 1}, "2"], "refused", "refused", "refused"]
