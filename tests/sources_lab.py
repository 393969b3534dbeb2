"""Functions whose every invocation is answered by the test, and mappings for them."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from endpoint_lab import ACCOUNT, REGION, LocalEndpoint

SECONDS = 30
FROM_START = {"StartingPosition": "TRIM_HORIZON"}

ASKING = """
import json, os, urllib.request

def handler(event, context):
    question = urllib.request.Request(os.environ["ASK"], json.dumps(event).encode())
    with urllib.request.urlopen(question, timeout=60) as reply:
        answer = json.load(reply)
    if "Error" in answer:
        raise RuntimeError(answer["Error"])
    return answer["Result"]
"""


class Fails(Exception):
    """Raised by a test's answer: the function raises too."""


class Function:
    """A function that asks the test what to do. `events` are those it was invoked with."""

    def __init__(self, endpoint: LocalEndpoint, answer: Callable[[Any], Any]) -> None:
        self.endpoint = endpoint
        self.answer = answer
        self.events: list[Any] = []
        self.running = 0
        self.most_running = 0
        self._changed = threading.Condition()
        self.name = ""

    def asked(self, event: Any) -> dict[str, Any]:
        """What the function is to do with this event."""
        with self._changed:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            return {"Result": self.answer(event)}
        except Fails as error:
            return {"Error": str(error)}
        finally:
            with self._changed:
                self.running -= 1
                self.events.append(event)
                self._changed.notify_all()

    def wait(self, enough: Callable[[list[Any]], bool]) -> list[Any]:
        """The events, once there are enough of them."""
        with self._changed:
            found = self._changed.wait_for(lambda: enough(self.events), SECONDS)
            assert found, f"after {SECONDS} s there are {len(self.events)} events"
            return list(self.events)

    def records(self, number: int) -> list[Any]:
        """The records of all events in order, once there are so many."""
        events = self.wait(lambda events: sum(len(e["Records"]) for e in events) >= number)
        return [record for event in events for record in event["Records"]]

    def mapped(self, source: str, **settings: Any) -> dict[str, Any]:
        """A mapping of a source, enabled by now."""
        client = self.endpoint.client()
        made = client.create_event_source_mapping(
            EventSourceArn=source, FunctionName=self.name, **settings
        )
        return wait_state(self.endpoint, made["UUID"], "Enabled")


@contextmanager
def asking_function(
    endpoint: LocalEndpoint, answer: Callable[[Any], Any] = lambda event: None, **settings: Any
) -> Iterator[Function]:
    """A function that does as `answer` says; its mappings are deleted at the end."""
    function = Function(endpoint, answer)
    with asked(function) as variables:
        function.name = endpoint.create(ASKING, Environment={"Variables": variables}, **settings)
        try:
            yield function
        finally:
            unmap(endpoint, function.name)


@contextmanager
def asked(function: Function) -> Iterator[dict[str, str]]:
    """Answer for `function`; the environment variables it needs to ask."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(function.asked(event)).encode()
            with suppress(ConnectionError):  # it was killed meanwhile
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    try:
        yield {"ASK": f"http://127.0.0.1:{server.server_port}"}
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def unmap(endpoint: LocalEndpoint, function: str) -> None:
    """Delete all mappings of a function."""
    client = endpoint.client()
    for mapping in client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]:
        if mapping["State"] == "Deleting":
            continue
        until(lambda uuid=mapping["UUID"]: state(endpoint, uuid) in ("Enabled", "Disabled"))
        client.delete_event_source_mapping(UUID=mapping["UUID"])


def state(endpoint: LocalEndpoint, id: str) -> str:
    """A mapping's state, "" when it is gone."""
    client = endpoint.client()
    try:
        found: str = client.get_event_source_mapping(UUID=id)["State"]
    except client.exceptions.ResourceNotFoundException:
        return ""
    return found


def wait_state(endpoint: LocalEndpoint, id: str, wanted: str) -> dict[str, Any]:
    """Wait until a mapping is in a state ("": gone); the mapping."""
    until(lambda: state(endpoint, id) == wanted)
    found: dict[str, Any] = endpoint.client().get_event_source_mapping(UUID=id) if wanted else {}
    return found


def until(holds: Callable[[], Any]) -> Any:
    """Ask again and again until the answer is true; that answer."""
    limit = time.monotonic() + SECONDS
    while not (answer := holds()):
        assert time.monotonic() < limit, f"not true within {SECONDS} s"
        time.sleep(0.02)
    return answer


def unique(prefix: str) -> str:
    """A name that no other test has taken."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


class Queue:
    """An SQS queue with messages short to hide (`visibility` seconds)."""

    def __init__(self, endpoint: LocalEndpoint, visibility: int = 3, **attributes: str) -> None:
        fifo = attributes.get("FifoQueue") == "true"
        name = unique("queue") + (".fifo" if fifo else "")
        self.sqs = endpoint.client("sqs")
        given = {"VisibilityTimeout": str(visibility), **attributes}
        self.url = self.sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def send(self, *bodies: str, **named: Any) -> list[str]:
        """Send messages; their ids."""
        ids: list[str] = []
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(number), "MessageBody": body, **named}
                for number, body in enumerate(bodies[start : start + 10])
            ]
            answer = self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)
            ids += [sent["MessageId"] for sent in answer["Successful"]]
        return ids

    @property
    def left(self) -> tuple[int, int]:
        """How many messages can be seen and how many are hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        seen, hidden = (int(found["Attributes"][name]) for name in names)
        return seen, hidden

    def receive(self) -> dict[str, Any]:
        """The next message, once there is one."""

        def look() -> Any:
            answer = self.sqs.receive_message(
                QueueUrl=self.url, WaitTimeSeconds=1, MessageAttributeNames=["All"]
            )
            return answer.get("Messages")

        message: dict[str, Any] = until(look)[0]
        return message


class Stream:
    """A Kinesis stream."""

    def __init__(self, endpoint: LocalEndpoint, shards: int = 1) -> None:
        self.kinesis = endpoint.client("kinesis")
        self.name = unique("stream")
        self.kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        self.arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{self.name}"

    def put(self, *data: str, key: str | None = None) -> list[str]:
        """Put records, each with its data as the key if no other is given; sequence numbers."""
        records = [{"Data": text.encode(), "PartitionKey": key or text} for text in data]
        answer = self.kinesis.put_records(StreamName=self.name, Records=records)
        return [record["SequenceNumber"] for record in answer["Records"]]


class Table:
    """A DynamoDB table with a stream; its key is `id`."""

    def __init__(self, endpoint: LocalEndpoint) -> None:
        self.dynamodb = endpoint.client("dynamodb")
        self.name = unique("table")
        made = self.dynamodb.create_table(
            TableName=self.name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]

    def put(self, id: str, **attributes: dict[str, Any]) -> None:
        """Write an item."""
        self.dynamodb.put_item(TableName=self.name, Item={"id": {"S": id}, **attributes})


def body_of(record: dict[str, Any]) -> str:
    """What a record's sender sent."""
    import base64

    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    body: str = record["body"]
    return body


def data(events: list[Any]) -> list[str]:
    """The bodies of all records of events."""
    return [body_of(record) for event in events for record in event["Records"]]


def batches(events: list[Any]) -> list[list[str]]:
    """The bodies of each event's records."""
    return [data([event]) for event in events]
