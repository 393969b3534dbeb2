"""The website in a real browser, its page on another origin than the HTTP API that it calls."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sample_lab import served

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# What a guest does: a request with JSON, for which the browser asks the API first.
GUEST = """\
<script type="module">
  const form = document.forms[0];
  form.elements.name.value = "Grace";
  form.elements.text.value = "It compiles.";
  form.requestSubmit();
</script>
"""


@contextmanager
def elsewhere(page: str) -> Iterator[str]:
    """A site of another origin with this page; its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Silence."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")
def test_the_page_calls_the_api_across_origins(tmp_path: Path) -> None:
    assert BROWSER is not None
    with served("website", tmp_path) as app:
        assert app.invoke("Notes", "write a note")["statusCode"] == 201
        page = (app.root / "page" / "index.html").read_text("utf-8")
        with elsewhere(page + GUEST) as site:
            command = [
                BROWSER,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--virtual-time-budget=10000",
                "--dump-dom",
                f"{site}/?api={app.front('Notes')}",
            ]
            done = subprocess.run(command, capture_output=True, text=True, timeout=80, check=True)
        rows = done.stdout.partition('<ul id="notes">')[2].partition("</ul>")[0]
        assert "<li>Grace: It compiles.</li>" in rows and "<li>Ada: " in rows
        assert '<p id="problem" role="alert"></p>' in done.stdout
        assert {item["name"] for item in app.items("GuestBook")} == {"Ada", "Grace"}
