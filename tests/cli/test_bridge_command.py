"""`workbench bridge`: real events for a local function, and nothing left behind."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_lab import PROFILE, AwsLab, configure
from cli_shell import environment, run

from workbench.aws.workbench_surface import WorkbenchSurface
from workbench.cli import main
from workbench.project import audit_log

BUCKET = "bridged"
THEIRS = {
    "Id": "theirs",
    "QueueArn": "arn:aws:sqs:us-east-1:123456789012:theirs",
    "Events": ["s3:ObjectRemoved:*"],
}
AWS = f"aws:{PROFILE}"


@pytest.fixture
def account(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsLab]:
    """An account, with the services of the local Lambda, and a bucket that notifies a queue."""
    with contextlib.closing(AwsLab(url)) as lab:
        configure(lab, tmp_path, monkeypatch)
        with contextlib.closing(client("sqs")) as sqs:
            sqs.create_queue(QueueName="theirs")
        with contextlib.closing(client("s3")) as s3:
            s3.create_bucket(Bucket=BUCKET)
            s3.put_bucket_notification_configuration(
                Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [THEIRS]}
            )
        yield lab


def client(service: str) -> Any:
    return boto3.Session(profile_name=PROFILE).client(service)


def configurations() -> list[dict[str, Any]]:
    with contextlib.closing(client("s3")) as s3:
        answer = s3.get_bucket_notification_configuration(Bucket=BUCKET)
    return list(answer["QueueConfigurations"])


def queues() -> list[str]:
    with contextlib.closing(client("sqs")) as sqs:
        return list(sqs.list_queues(QueueNamePrefix="workbench-").get("QueueUrls", []))


def settings(folder: Path) -> dict[str, str]:
    return environment(AWS_CONFIG_FILE=str(folder / "config"))


@contextlib.contextmanager
def bridge(*words: str, cwd: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """A bridge that waits for events, and what it said it would make."""
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "bridge", *words, "--services", AWS, "--yes"],
        cwd=cwd,
        env=settings(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        plan = ""
        while not plan.endswith("\n}\n"):
            plan += process.stdout.readline()
        line = process.stderr.readline()
        assert "waiting for events" in line, line
        yield process, json.loads(plan)


def test_events_of_a_bucket_run_a_local_function(
    account: AwsLab, shop: Path, url: str, tmp_path: Path
) -> None:
    words = ("Echo", "--s3", BUCKET, "--prefix", "up/", "--suffix", ".txt")
    with bridge(*words, cwd=shop, folder=tmp_path) as (process, plan):
        assert plan["Place"] == "account 123456789012, region us-east-1, AWS with the profile lab"
        assert [each["Kind"] for each in plan["Makes"]] == ["queue", "notification"]
        assert "beside those to theirs, which stay" in plan["Makes"][1]["Detail"]
        theirs, ours = configurations()
        assert theirs == THEIRS and ours["Id"].startswith("workbench-bridge-Echo-")
        with contextlib.closing(client("s3")) as s3:
            s3.put_object(Bucket=BUCKET, Key="other", Body=b"")
            s3.put_object(Bucket=BUCKET, Key="up/a b.txt", Body=b"12345")
        assert process.stdout and process.stderr
        delivered, ran = (json.loads(process.stdout.readline()) for _ in range(2))
        assert delivered["Words"] == "ObjectCreated:Put up/a+b.txt"
        assert (ran["Kind"], ran["FunctionError"]) == ("ran", None)
        assert ran["RequestId"] == delivered["RequestId"]
        (listed,) = json.loads(run("triggers", "Echo", "--json", cwd=shop).stdout)
        assert (listed["Kind"], listed["Name"]) == ("Bridge", f"S3 {BUCKET}")
        events = WorkbenchSurface(url).events(threading.Event())
        assert next(events).kind == "connected"
        process.send_signal(signal.SIGINT)
        told = next(event.data for event in events if event.kind == "source")
        assert (told["Id"], told["State"]) == (listed["Id"], "Deleted")
        events.close()
        assert "All of it is removed." in process.stderr.read()
        assert process.wait(20) == 0
    assert configurations() == [THEIRS] and queues() == []
    assert list((shop / ".workbench" / "bridges").iterdir()) == []
    changes = list(audit_log.entries(shop / ".workbench" / "audit.log"))
    assert [change["operation"] for change in changes[-4:]] == [
        "sqs:CreateQueue",
        "s3:PutBucketNotificationConfiguration",
        "s3:PutBucketNotificationConfiguration",
        "sqs:DeleteQueue",
    ]
    assert all("alice" in change["who"] for change in changes)


def test_what_a_crash_leaves_is_removed_later(
    account: AwsLab,
    shop: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with bridge("Echo", "--s3", BUCKET, cwd=shop, folder=tmp_path) as (process, _):
        process.kill()
    assert len(queues()) == 1 and len(configurations()) == 2
    monkeypatch.chdir(shop)
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody to ask, even with pytest -s
    assert main.run(["bridge", "--clean"]) == 2
    told = capsys.readouterr().err
    assert "bucket bridged  (account 123456789012, region us-east-1" in told
    assert "--yes agrees" in told
    assert main.run(["bridge", "--clean", "--yes"]) == 0
    assert configurations() == [THEIRS] and queues() == []
    assert main.run(["bridge", "--clean"]) == 0
    assert "Nothing is left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Which function?"),
        (("Echo",), "Give one source of events"),
        (("Echo", "--s3", "a", "--sns", "b"), "Give one source of events"),
        (("Echo", "--s3", "a", "--bus", "b"), "--bus goes with --rule"),
        (("Ehco", "--s3", "a"), "did you mean Echo?"),
        (("Echo", "--s3", "a", "--services", "embedded"), "need"),
    ],
)
def test_mistakes(
    words: tuple[str, ...],
    sentence: str,
    shop: Path,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(shop)
    assert main.run(["bridge", *words]) == 2
    assert sentence in capsys.readouterr().err
