"""The sample applications whose functions are invoked by other services, asynchronously."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sample_lab import served, until


def test_transaction_alarm(tmp_path: Path) -> None:
    # Windows of ten seconds are for people.
    with served("transaction-alarm", tmp_path, ("InSeconds: 10", "InSeconds: 1")) as app:
        assert app.invoke("Demo", "one card pays often") == {"put": 15}

        log = until(lambda: "paid" in (log := app.log("Pager")) and log)
        assert "card 5105-mallory paid" in log
        assert "ada" not in log
        app.invoke("Pager", "an alarm")


def test_thumbnails(tmp_path: Path) -> None:
    with served("thumbnails", tmp_path) as app:
        assert app.invoke("Demo", "a picture")["uploaded"] == "holiday/sunrise over the hills.jpg"

        s3, bucket = app.client("s3"), "thumbnails-123456789012-us-east-1"
        # Pillow is installed for the first invocation.
        until(lambda: s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2)
        kept = s3.get_object(Bucket=bucket, Key="holiday/sunrise over the hills-128.jpg")
        assert kept["Body"].read().startswith(b"\xff\xd8\xff")
        assert kept["Metadata"] == {"width": "128", "height": "85"}
        assert len(app.invoke("Thumbnail", "picture uploaded")["made"]) == 2


def test_cron(tmp_path: Path) -> None:
    with served("cron", tmp_path) as app:
        assert app.invoke("Demo", "one is old") == {"left": 3}
        [rule] = app.client("events").list_rules()["Rules"]
        assert rule["ScheduleExpression"] == "rate(1 minute)"
        assert app.invoke("Tidy", "a minute") == {"removed": 3}  # all are old in the year 2030

        scheduler = app.client("scheduler")
        [listed] = scheduler.list_schedules()["Schedules"]
        schedule = scheduler.get_schedule(Name=listed["Name"])
        assert schedule["ScheduleExpression"] == "cron(0 8 ? * MON-FRI *)"
        assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
        soon = datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(seconds=2)
        scheduler.update_schedule(
            Name=listed["Name"],
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            ScheduleExpressionTimezone="Europe/Berlin",
            FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
            Target=schedule["Target"],
        )
        until(lambda: "good morning!" in app.log("Report"))


def test_log_alerts(tmp_path: Path) -> None:
    with served("log-alerts", tmp_path) as app:
        assert app.invoke("Shop", "three payments") == {"taken": 2}
        [error] = until(lambda: app.items("Errors"))
        assert "payment P-2: the bank does not answer" in error["message"]
        assert error["log"] == "/aws/lambda/Shop"
        app.invoke("Alerts", "one error")
        until(lambda: len(app.items("Errors")) == 2)
