"""A page in a real browser uses a function URL that allows its origin, and only then."""

from __future__ import annotations

import json
from pathlib import Path

from browser_lab import needs_browser, said, shown, site
from endpoint_lab import LocalEndpoint
from url_lab import open_url

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


@needs_browser
def test_pages_of_allowed_origins(shared_endpoint: LocalEndpoint, tmp_path: Path) -> None:
    code = (
        "import json\n"
        "def handler(event, context):\n"
        "    return {'statusCode': 201, 'headers': {'X-Two': '2'}, 'body': event['body']}\n"
    )
    urls: list[str] = []
    with site(lambda: PAGE.replace("URLS", json.dumps(urls))) as origin:
        cors = {
            "AllowOrigins": ["https://elsewhere.example", origin],
            "AllowMethods": ["PUT"],
            "AllowHeaders": ["content-type", "x-one"],
            "ExposeHeaders": ["x-two"],
            "AllowCredentials": True,
        }
        allowed = (
            cors,
            {**cors, "AllowOrigins": ["https://elsewhere.example"]},
            {**cors, "AllowMethods": ["GET"]},
            {**cors, "AllowHeaders": ["content-type"]},
        )
        urls += [
            open_url(shared_endpoint, shared_endpoint.create(code), Cors=settings)
            for settings in allowed
        ]
        told = json.loads(said(shown(origin, tmp_path / "profile")))
    assert told == [[201, {"a": 1}, "2"], "refused", "refused", "refused"]
