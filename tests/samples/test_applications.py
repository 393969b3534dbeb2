"""The sample applications do what their READMEs say, served as a user would."""

from __future__ import annotations

import json
from pathlib import Path

from sample_lab import ask, served, until


def test_webhook(tmp_path: Path) -> None:
    with served("webhook", tmp_path) as app:
        sent = app.invoke("Demo", "push")
        assert sent["signed"] == {"status": 200, "message": "thank you for this push"}
        assert sent["forged"]["status"] == 401
        assert app.invoke("Webhook", "unsigned delivery")["statusCode"] == 401
        assert ask(app.front("Webhook"), {"repository": "shop"})[0] == 401


def test_queue_worker(tmp_path: Path) -> None:
    with served("queue-worker", tmp_path) as app:
        sqs = app.client("sqs")
        queue = sqs.get_queue_url(QueueName="Orders")["QueueUrl"]
        # The sample waits 5 s between attempts, so that a person can follow it. Less than the
        # function's timeout is refused as long as the mapping is not there.
        mappings = app.client("lambda").list_event_source_mappings
        until(lambda: [m["State"] for m in mappings()["EventSourceMappings"]] == ["Enabled"])
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
        assert app.invoke("Demo", "three orders") == {"sent": 3}

        failed = sqs.get_queue_url(QueueName="FailedOrders")["QueueUrl"]
        [message] = until(lambda: sqs.receive_message(QueueUrl=failed).get("Messages"))
        assert json.loads(message["Body"])["order"] == "A-1002"
        assert {item["order"] for item in app.items("Packed")} == {"A-1001", "A-1003"}
        log = app.log("Worker")
        assert "attempt 3 failed: order A-1002" in log and "attempt 4" not in log
        assert log.count("order A-1001: 2 pieces packed") == 1
        assert app.invoke("Worker", "a batch") == {"batchItemFailures": []}


def test_poison_pill(tmp_path: Path) -> None:
    with served("poison-pill", tmp_path) as app:
        assert app.invoke("Demo", "one sends rubbish") == {"put": 8}

        [bad] = until(lambda: app.items("BadRecords"))
        assert bad["data"].startswith('{"sensor": "garden", "cel')
        assert bad["why"] == "RetryAttemptsExhausted"
        until(lambda: len(app.items("Latest")) == 4)
        latest = {item["sensor"]: float(item["celsius"]) for item in app.items("Latest")}
        assert latest == {"attic": 32, "cellar": 12.5, "garden": 18.25, "kitchen": 22}
        app.invoke("Readings", "a good one")


def test_order_history(tmp_path: Path) -> None:
    with served("order-history", tmp_path) as app:
        assert app.invoke("Demo", "orders of two customers") == {"put": 4}
        until(lambda: len(app.items("OrdersByCustomer")) == 4)

        url = app.front("History")
        status, _, body = ask(f"{url}customers/ada/orders")
        history = json.loads(body)
        assert status == 200
        assert [order["order"] for order in history["orders"]] == ["A-3", "A-2", "A-1"]
        assert history["next"] is None
        same = app.invoke("History", "orders of ada")
        assert json.loads(same["body"]) == history


def test_website(tmp_path: Path) -> None:
    with served("website", tmp_path) as app:
        assert app.invoke("Notes", "write a note")["statusCode"] == 201
        url, elsewhere = app.front("Notes"), {"origin": "http://localhost:8000"}

        status, headers, page = ask(url)
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "Guest book" in page
        json_type = {"content-type": "application/json", **elsewhere}
        note = {"name": " Grace ", "text": "It compiles."}
        status, headers, body = ask(f"{url}notes", note, json_type)
        assert (status, headers["access-control-allow-origin"]) == (201, "*")
        assert json.loads(body)["name"] == "Grace"
        for bad in ({"name": "Grace"}, {"name": "", "text": "x"}, {"name": 1, "text": "x"}, []):
            assert ask(f"{url}notes", bad, json_type)[0] == 400
        wish = {**elsewhere, "access-control-request-method": "POST"}
        wish["access-control-request-headers"] = "content-type"
        status, headers, _ = ask(f"{url}notes", headers=wish, method="OPTIONS")
        assert status in (200, 204)
        assert "POST" in headers["access-control-allow-methods"]

        notes = json.loads(ask(f"{url}notes")[2])["notes"]
        assert [note["name"] for note in notes] == ["Grace", "Ada"]
        assert ask(f"{url}elsewhere")[0] == 404
