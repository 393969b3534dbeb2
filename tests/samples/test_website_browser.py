"""The website in a real browser, its page on another origin than the HTTP API that it calls."""

from __future__ import annotations

from pathlib import Path

from browser_lab import needs_browser, shown, site
from sample_lab import served

# What a guest does: a request with JSON, for which the browser asks the API first.
GUEST = """\
<script type="module">
  const form = document.forms[0];
  form.elements.name.value = "Grace";
  form.elements.text.value = "It compiles.";
  form.requestSubmit();
</script>
"""


@needs_browser
def test_the_page_calls_the_api_across_origins(tmp_path: Path) -> None:
    with served("website", tmp_path) as app:
        assert app.invoke("Notes", "write a note")["statusCode"] == 201
        page = (app.root / "page" / "index.html").read_text("utf-8")
        with site(lambda: page + GUEST) as origin:
            document = shown(f"{origin}/?api={app.front('Notes')}", tmp_path / "profile")
        rows = document.partition('<ul id="notes">')[2].partition("</ul>")[0]
        assert "<li>Grace: It compiles.</li>" in rows and "<li>Ada: " in rows
        assert '<p id="problem" role="alert"></p>' in document
        assert {item["name"] for item in app.items("GuestBook")} == {"Ada", "Grace"}
