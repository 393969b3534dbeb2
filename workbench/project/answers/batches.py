"""Answers about each record of a batch: event source mappings, Firehose and S3 Batch Operations
(lambda-facts §7, §8.1, §8.5)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from workbench.project.answers.verdicts import Refused, Verdict, members, one_of


def partial(event: Mapping[str, Any], answer: Any) -> Verdict | None:
    """What becomes of the batch of a mapping with ReportBatchItemFailures; None when the answer
    tells of no failures. Raises Refused."""
    if not isinstance(answer, dict) or "batchItemFailures" not in answer:
        return None
    failures = answer["batchItemFailures"] or []
    if not isinstance(failures, list):
        raise Refused("batchItemFailures is no list, so the whole batch counts as failed")
    known = [_identifier(record) for record in event["Records"]]
    named = [members(each, "an item failure").get("itemIdentifier") for each in failures]
    for identifier in named:
        if identifier not in known:
            raise Refused(
                f"itemIdentifier {identifier!r} is of no record, so the whole batch counts as "
                "failed"
            )
    if not named:
        return Verdict("No record failed: the whole batch is done.")
    condition = " (with ReportBatchItemFailures)"
    if event["Records"][0]["eventSource"] == "aws:sqs":
        return Verdict(f"{len(set(named))} of {len(known)} messages come again{condition}.")
    first = min(known.index(each) for each in named)
    return Verdict(f"Records {first + 1} to {len(known)} come again{condition}.")


def _identifier(record: Mapping[str, Any]) -> Any:
    if record.get("eventSource") == "aws:sqs":
        return record.get("messageId")
    place = record.get("kinesis") or record.get("dynamodb") or {}
    return place.get("sequenceNumber") or place.get("SequenceNumber")


def firehose(event: Mapping[str, Any], answer: Any) -> None:
    """Raises Refused."""
    records = members(answer, "the answer").get("records")
    if not isinstance(records, list):
        raise Refused("it has no list of records")
    wanted = [record["recordId"] for record in event["records"]]
    found = [members(record, "a record").get("recordId") for record in records]
    if sorted(map(str, found)) != sorted(map(str, wanted)):
        raise Refused(f"every recordId must come back once: {len(wanted)} came, {len(found)} left")
    for record in records:
        results = ("Ok", "Dropped", "ProcessingFailed")
        if one_of(record.get("result"), results, "result of a record") != "Ok":
            continue
        try:
            base64.b64decode(record.get("data"), validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise Refused("data of a record is not Base64") from None


def s3_batch(event: Mapping[str, Any], answer: Any) -> None:
    """Raises Refused."""
    given = members(answer, "the answer")
    for name in ("invocationSchemaVersion", "invocationId"):
        if given.get(name) != event[name]:
            raise Refused(f"{name} is not that of the event")
    results = given.get("results")
    if not isinstance(results, list):
        raise Refused("it has no list of results")
    tasks = {task["taskId"] for task in event["tasks"]}
    if {members(result, "a result").get("taskId") for result in results} != tasks:
        raise Refused("each task of the event needs a result with its taskId")
    for result in results:
        codes = ("Succeeded", "TemporaryFailure", "PermanentFailure")
        one_of(result.get("resultCode"), codes, "resultCode of a result")
