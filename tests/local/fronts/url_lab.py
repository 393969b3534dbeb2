"""Function URLs that are open to everybody, and a client of them."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any

from endpoint_lab import LocalEndpoint


@dataclass
class Reply:
    """A response, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def fetch(
    url: str, path: str = "/", method: str = "GET", body: Any = None, **headers: str
) -> Reply:
    """Send one request to a function URL."""
    connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


def open_url(endpoint: LocalEndpoint, name: str, public: bool = True, **named: Any) -> str:
    """Create a function's URL; returns it."""
    client = endpoint.client()
    named.setdefault("AuthType", "NONE")
    url: str = client.create_function_url_config(FunctionName=name, **named)["FunctionUrl"]
    if public:
        qualifier = {"Qualifier": named["Qualifier"]} if "Qualifier" in named else {}
        allow = {"FunctionName": name, "Principal": "*", **qualifier}
        client.add_permission(
            StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE",
            **allow,
        )  # fmt: skip
        client.add_permission(
            StatementId="invoke", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True,
            **allow,
        )  # fmt: skip
    return url
