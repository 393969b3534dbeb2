"""The sample that runs at CloudFront's edge."""

from __future__ import annotations

import http.client
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sample_lab import served


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_edge_redirect(tmp_path: Path) -> None:
    # Nobody is at port 1 of this machine: what goes on to the site ends there.
    nobody = ("DomainName: example.com", "DomainName: 127.0.0.1"), ("Port: 80", "Port: 1")
    with served("edge-redirect", tmp_path, *nobody) as app:
        assert app.invoke("Redirect", "an old address")["status"] == "301"
        assert app.invoke("Redirect", "a new address")["uri"] == "/articles/umbrellas"

        place = urlsplit(app.front("Redirect"))
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        try:
            connection.request("GET", "/blog/2019/05/umbrellas.html?from=mail")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 301
            assert answer.headers["Location"] == "/articles/umbrellas?from=mail"
            connection.request("GET", "/articles/umbrellas")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 502
        finally:
            connection.close()
