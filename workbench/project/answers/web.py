"""Answers to HTTP requests: API Gateway, function URLs, load balancers, VPC Lattice, CloudFront,
and of authorizers (lambda-facts §8.3 and §8.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.project.answers.verdicts import Refused, Verdict, members

_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
_STATUS = re.compile(r"[2-5]\d\d")


def rest(event: Mapping[str, Any], answer: Any) -> None:
    """A REST API's, or payload format 1.0. Raises Refused."""
    given = members(answer, "the answer")
    if event.get("version") == "1.0":
        if "statusCode" not in given:
            raise Refused("it has no statusCode, so the client gets 500 Internal Server Error")
    elif not given or (unknown := given.keys() - _MEMBERS):
        what = f"“{min(unknown)}” is no member of a response" if given else "it is empty"
        raise Refused(f"{what}, so the client gets 502 Internal server error")
    _check(given, body_must_be_text=event.get("version") != "1.0")


def http(event: Mapping[str, Any], answer: Any) -> Verdict | None:
    """Payload format 2.0 of HTTP APIs and function URLs. Raises Refused."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return Verdict("It has no statusCode: the client gets all of it, with status 200.")
    _check(answer, body_must_be_text=False)
    cookies = answer.get("cookies") or []
    if not isinstance(cookies, list):
        raise Refused("cookies is no list")
    return None


def websocket(event: Mapping[str, Any], answer: Any) -> None:
    """Raises Refused: $connect without a statusCode of 2xx refuses the connection."""
    given = members(answer, "the answer")
    _check(given, body_must_be_text=False)


def balancer(event: Mapping[str, Any], answer: Any) -> None:
    """A load balancer's or VPC Lattice's. Raises Refused."""
    given = members(answer, "the answer")
    status = given.get("statusCode")
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise Refused("it has no statusCode that is a number from 200 to 599: the client gets 502")
    if "multiValueHeaders" in event and "headers" in given and "multiValueHeaders" not in given:
        raise Refused("this target group takes multiValueHeaders: headers are not sent")
    if "headers" in event and "multiValueHeaders" in given and "headers" not in given:
        raise Refused("this target group takes headers: multiValueHeaders are not sent")


def edge(event: Mapping[str, Any], answer: Any) -> None:
    """Lambda@Edge. Raises Refused."""
    kind = event["Records"][0]["cf"]["config"]["eventType"]
    given = members(answer, "the answer")
    if kind.endswith("request") and "uri" in given:
        for name in ("method", "clientIp"):
            before = event["Records"][0]["cf"]["request"].get(name)
            if given.get(name, before) != before:
                raise Refused(f"{name} is read-only: the viewer gets 502")
        return
    if not _STATUS.fullmatch(str(given.get("status"))):
        what = "a request with its uri or a response with " if kind.endswith("request") else ""
        raise Refused(f"it must be {what}a status from 200 to 599: the viewer gets 502")
    headers = members(given.get("headers", {}), "headers")
    for name, lines in headers.items():
        if not isinstance(lines, list) or not all(isinstance(x, dict) for x in lines):
            raise Refused(
                f"header {name} must be a list like [{{key, value}}]: the viewer gets 502"
            )


def policy(event: Mapping[str, Any], answer: Any) -> None:
    """An authorizer's that answers a policy. Raises Refused."""
    given = members(answer, "the answer")
    if event.get("version") == "2.0" and "isAuthorized" in given:
        if not isinstance(given["isAuthorized"], bool):
            raise Refused("isAuthorized must be true or false")
        return
    if not isinstance(given.get("principalId"), str) and event.get("version") != "2.0":
        raise Refused("it has no principalId: the client gets 500")
    document = members(given.get("policyDocument"), "policyDocument")
    statements = document.get("Statement")
    if not isinstance(statements, list) or not statements:
        raise Refused("policyDocument has no Statement: the client gets 500")
    for value in members(given.get("context") or {}, "context").values():
        if isinstance(value, dict | list):
            raise Refused("context may have texts, numbers, true and false only")


def _check(given: Mapping[str, Any], *, body_must_be_text: bool) -> None:
    status = given.get("statusCode", 200)
    if isinstance(status, bool) or not re.fullmatch(r"[1-5]\d\d", str(status)):
        raise Refused(f"statusCode {status!r} is none: the client gets an error")
    if not isinstance(given.get("headers"), dict | None):
        raise Refused("headers is no object: the client gets an error")
    if body_must_be_text and isinstance(given.get("body"), dict | list):
        raise Refused("body is no text (use json.dumps or JSON.stringify): the client gets 502")
