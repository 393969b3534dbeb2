"""Reading the shards of Kinesis and DynamoDB streams, and their records as events have them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import ClientError

from workbench.local.delivery.pollers.checkpoints import Progress
from workbench.local.delivery.pollers.mapping import PolledMapping

# The most records of one read.
KINESIS_PAGE = 10_000
DYNAMODB_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard, the shards it came from, and whether nothing is added to it any more."""

    id: str
    parents: tuple[str, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a shard: `text` is its JSON in the event, `arrival` in epoch seconds. Those with
    the same `key` are kept in order."""

    sequence: str
    key: str
    arrival: float
    text: bytes
    wanted: bool  # by the mapping's filters


@dataclass(frozen=True, slots=True)
class Page:
    """What one read returned. `next` is None at the end of a closed shard."""

    records: list[Record]
    next: str | None


class StreamReader(Protocol):
    """One stream. Every call raises botocore's exceptions."""

    def identity(self) -> str:
        """What tells this stream from a later one of the same ARN."""

    def shards(self) -> list[Shard]:
        """The shards there are, closed ones too."""

    def iterator(self, shard: str, kind: str, sequence: str | None, since: float) -> str:
        """Where to read: `kind` is one of AWS's ShardIteratorTypes."""

    def read(self, shard: str, iterator: str) -> Page:
        """The next records."""


def iterator_at(reader: StreamReader, shard: str, progress: Progress, *, fresh: bool) -> str:
    """Where reading of a shard goes on. `fresh`: it begins now, so that LATEST is what it says;
    later, what came since then is told by its time. Raises botocore's exceptions."""
    if progress.at is not None:
        kind, sequence = "AT_SEQUENCE_NUMBER", progress.at
    elif progress.after is not None:
        kind, sequence = "AFTER_SEQUENCE_NUMBER", progress.after
    else:
        start = "AT_TIMESTAMP" if progress.start == "LATEST" and not fresh else progress.start
        return reader.iterator(shard, start, None, progress.since)
    try:
        return reader.iterator(shard, kind, sequence, 0.0)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TrimmedDataAccessException":
            raise
        return reader.iterator(shard, "TRIM_HORIZON", None, 0.0)


class KinesisReader:
    """A data stream; of an enhanced fan-out consumer the stream is read."""

    def __init__(self, client: Any, mapping: PolledMapping) -> None:
        self._client = client
        self._mapping = mapping
        self._arn = mapping.source_arn.partition("/consumer/")[0]

    def identity(self) -> str:
        summary = self._client.describe_stream_summary(StreamARN=self._arn)
        return str(summary["StreamDescriptionSummary"]["StreamCreationTimestamp"])

    def shards(self) -> list[Shard]:
        found: list[Shard] = []
        request: dict[str, Any] = {"StreamARN": self._arn}
        while True:
            answer = self._client.list_shards(**request)
            for shard in answer["Shards"]:
                parents = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
                closed = "EndingSequenceNumber" in shard.get("SequenceNumberRange", {})
                found.append(Shard(shard["ShardId"], tuple(filter(None, parents)), closed))
            if not answer.get("NextToken"):
                return found
            request = {"StreamARN": self._arn, "NextToken": answer["NextToken"]}

    def iterator(self, shard: str, kind: str, sequence: str | None, since: float) -> str:
        request: dict[str, Any] = {
            "StreamARN": self._arn,
            "StreamName": self._arn.rpartition("/")[2],
            "ShardId": shard,
            "ShardIteratorType": kind,
        }
        if sequence is not None:
            request["StartingSequenceNumber"] = sequence
        elif kind == "AT_TIMESTAMP":
            request["Timestamp"] = datetime.fromtimestamp(since, UTC)
        answer = self._client.get_shard_iterator(**request)
        iterator: str = answer["ShardIterator"]
        return iterator

    def read(self, shard: str, iterator: str) -> Page:
        answer = self._client.get_records(
            ShardIterator=iterator, Limit=KINESIS_PAGE, StreamARN=self._arn
        )
        records = [self._record(shard, record) for record in answer["Records"]]
        return Page(records, answer.get("NextShardIterator"))

    def _record(self, shard: str, record: Mapping[str, Any]) -> Record:
        """§8.1"""
        arrival = round(record["ApproximateArrivalTimestamp"].timestamp(), 3)
        sequence, mapping = record["SequenceNumber"], self._mapping
        shown = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": sequence,
                "data": base64.b64encode(record["Data"]).decode(),
                "approximateArrivalTimestamp": arrival,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": mapping.role,
            "awsRegion": mapping.region,
            "eventSourceARN": mapping.source_arn,
        }
        wanted = mapping.filters.matches(shown)
        return Record(sequence, record["PartitionKey"], arrival, _json(shown), wanted)


class DynamoDBReader:
    """A table's stream."""

    def __init__(self, client: Any, mapping: PolledMapping) -> None:
        self._client = client
        self._mapping = mapping

    def identity(self) -> str:
        arn = self._mapping.source_arn
        description = self._client.describe_stream(StreamArn=arn, Limit=1)["StreamDescription"]
        return str(description.get("CreationRequestDateTime", arn))

    def shards(self) -> list[Shard]:
        found: list[Shard] = []
        request: dict[str, Any] = {"StreamArn": self._mapping.source_arn}
        while True:
            description = self._client.describe_stream(**request)["StreamDescription"]
            for shard in description["Shards"]:
                parent = shard.get("ParentShardId")
                closed = "EndingSequenceNumber" in shard.get("SequenceNumberRange", {})
                found.append(Shard(shard["ShardId"], (parent,) if parent else (), closed))
            if not description.get("LastEvaluatedShardId"):
                return found
            request["ExclusiveStartShardId"] = description["LastEvaluatedShardId"]

    def iterator(self, shard: str, kind: str, sequence: str | None, since: float) -> str:
        request = {
            "StreamArn": self._mapping.source_arn,
            "ShardId": shard,
            # There is no AT_TIMESTAMP: what is older is left out where it is read.
            "ShardIteratorType": "TRIM_HORIZON" if kind == "AT_TIMESTAMP" else kind,
        }
        if sequence is not None:
            request["SequenceNumber"] = sequence
        answer = self._client.get_shard_iterator(**request)
        iterator: str = answer["ShardIterator"]
        return iterator

    def read(self, shard: str, iterator: str) -> Page:
        answer = self._client.get_records(ShardIterator=iterator, Limit=DYNAMODB_PAGE)
        records = [self._record(record) for record in answer["Records"]]
        return Page(records, answer.get("NextShardIterator"))

    def _record(self, record: Mapping[str, Any]) -> Record:
        """§8.1"""
        change, mapping = record["dynamodb"], self._mapping
        arrival = change["ApproximateCreationDateTime"].timestamp()
        shown: dict[str, Any] = {
            "eventID": record["eventID"],
            "eventName": record["eventName"],
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": mapping.region,
            "dynamodb": {
                "ApproximateCreationDateTime": float(int(arrival)),
                "Keys": _plain(change["Keys"]),
                **{
                    image: _plain(change[image])
                    for image in ("NewImage", "OldImage")
                    if image in change
                },
                "SequenceNumber": change["SequenceNumber"],
                "SizeBytes": change["SizeBytes"],
                "StreamViewType": change["StreamViewType"],
            },
            "eventSourceARN": mapping.source_arn,
        }
        if identity := record.get("userIdentity"):
            shown["userIdentity"] = {
                "type": identity["Type"],
                "principalId": identity["PrincipalId"],
            }
        wanted = mapping.filters.matches(shown)
        key = json.dumps(shown["dynamodb"]["Keys"], sort_keys=True)
        return Record(change["SequenceNumber"], key, arrival, _json(shown), wanted)


def _plain(value: Any) -> Any:
    """An attribute value as JSON has it: bytes in Base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
