"""Requests to front doors on the screen: in the History, ready to edit and run again; and why one
was refused."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path

from screen_lab import at_screen

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.13, Handler: app.handler, Timeout: 30}}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: echo/
      Events: {Get: {Type: Api, Properties: {Path: "/orders/{id}", Method: get}}}
  Broken:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: broken/
      Events: {Get: {Type: Api, Properties: {Path: /broken, Method: get}}}
"""
CODE = """\
def handler(event, context):
    return {"statusCode": 200, "body": "order " + event["pathParameters"]["id"]}
"""


def ask(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


async def test_a_request_is_edited_and_run_again_and_a_refusal_explained(project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE)
    (project / "echo" / "app.py").write_text(CODE)
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        screen = hands.screen
        assert screen.session.backend is not None and screen.session.backend.surface is not None
        [front] = await asyncio.to_thread(screen.session.backend.surface.fronts)
        assert await asyncio.to_thread(ask, front["Url"] + "orders/7") == 200
        await hands.sees(lambda: len(screen.history.rows.rows) == 1, "the request in the history")
        await hands.press("6", "g", "e")
        await hands.sees(lambda: '\n  "resource": "/orders/{id}",\n' in screen.event.text, "event")
        screen.event.load_text(screen.event.text.replace('"id": "7"', '"id": "8"'), "edited")
        await hands.press("ctrl+j")
        await hands.sees(
            lambda: screen.result.shown is not None and b"order 8" in screen.result.shown.payload,
            "the answer to the edited request",
        )
        assert json.loads(screen.result.shown.event)["pathParameters"] == {"id": "8"}

        assert await asyncio.to_thread(ask, front["Url"] + "broken") == 502
        await hands.reads("answered 502: Broken failed: 'bucket'")
        assert await asyncio.to_thread(ask, front["Url"] + "nowhere") == 403
        await hands.reads("has no method for GET /nowhere")
