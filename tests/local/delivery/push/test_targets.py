"""What rules and schedules send to, beside functions."""

from __future__ import annotations

import base64
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, ROLE, LocalEndpoint
from sources_lab import Queue, Stream, unique, until

from workbench.local.delivery.push.targets.api_destinations import request_of, token_request
from workbench.local.delivery.push.targets.log_groups import log_event


class Website:
    """Answers with the statuses it is given, then with 200; a token to `/token`."""

    def __init__(self, *statuses: int) -> None:
        self.requests: queue.SimpleQueue[tuple[str, dict[str, str], bytes]] = queue.SimpleQueue()
        self.statuses = list(statuses)
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator[Website]:
        website = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                website.requests.put((self.path, headers, body))
                token = self.path == "/token"
                status = 200 if token or not website.statuses else website.statuses.pop(0)
                answer = b'{"access_token": "t0ken", "expires_in": 3600}' if token else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        try:
            yield self
        finally:
            server.shutdown()
            serving.join()
            server.server_close()


def attributes_of(message: dict[str, Any]) -> dict[str, str]:
    return {name: told["StringValue"] for name, told in message["MessageAttributes"].items()}


def records(stream: Stream) -> list[tuple[str, Any]]:
    """Partition keys and data of all that a stream of one shard has."""
    asked = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = stream.kinesis.get_shard_iterator(StreamName=stream.name, **asked)["ShardIterator"]
    found = stream.kinesis.get_records(ShardIterator=iterator)["Records"]
    return [(record["PartitionKey"], json.loads(record["Data"])) for record in found]


def test_a_rule_sends_to_a_stream_a_log_group_and_nowhere(hurried: LocalEndpoint) -> None:
    events, logs, source = hurried.client("events"), hurried.client("logs"), unique("shop")
    stream, dead, group = Stream(hurried), Queue(hurried), f"/aws/events/{source}"
    logs.create_log_group(logGroupName=group)
    events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))
    key = {"PartitionKeyPath": "$.detail.customer"}
    letters = {"DeadLetterConfig": {"Arn": dead.arn}, "InputPath": "$.detail"}
    group_arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    missing = f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing"
    events.put_targets(
        Rule=source,
        Targets=[
            {"Id": "stream", "Arn": stream.arn, "KinesisParameters": key, "InputPath": "$.detail"},
            {"Id": "logs", "Arn": group_arn},
            {"Id": "missing", "Arn": missing, **letters},
        ],
    )
    detail = {"customer": "ada"}
    entry = {"Source": source, "DetailType": "order", "Detail": json.dumps(detail)}
    events.put_events(Entries=[entry])
    assert records(stream) == [("ada", detail)]
    message = dead.receive()
    assert json.loads(message["Body"]) == detail
    told = attributes_of(message)
    assert told.pop("ERROR_MESSAGE").startswith("AWS.SimpleQueueService.NonExistentQueue: ")
    assert told == {
        "RULE_ARN": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{source}",
        "TARGET_ARN": missing,
        "ERROR_CODE": "NO_RESOURCE",
        "RETRY_ATTEMPTS": "0",
    }
    (logged,) = until(lambda: logs.filter_log_events(logGroupName=group)["events"])
    assert json.loads(logged["message"])["detail"] == detail


def test_an_api_destination_is_asked_again_and_then_given_up(hurried: LocalEndpoint) -> None:
    events, source, dead = hurried.client("events"), unique("shop"), Queue(hurried)
    with Website(503, 200, 500, 500).serving() as website:
        client = {"ClientID": "me", "ClientSecret": "s"}
        oauth = {"ClientParameters": client, "AuthorizationEndpoint": f"{website.url}/token"}
        connection = events.create_connection(
            Name=source,
            AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
            AuthParameters={"OAuthParameters": {**oauth, "HttpMethod": "POST"}},
        )["ConnectionArn"]
        destination = events.create_api_destination(
            Name=source,
            ConnectionArn=connection,
            InvocationEndpoint=f"{website.url}/orders/*",
            HttpMethod="POST",
        )["ApiDestinationArn"]
        events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))
        target = {
            "Id": "web",
            "Arn": destination,
            "InputPath": "$.detail",
            "HttpParameters": {"PathParameterValues": ["7"]},
            "RetryPolicy": {"MaximumRetryAttempts": 1},
            "DeadLetterConfig": {"Arn": dead.arn},
        }
        events.put_targets(Rule=source, Targets=[target])
        for number in (1, 2):
            detail = json.dumps({"n": number})
            entry = {"Source": source, "DetailType": "order", "Detail": detail}
            events.put_events(Entries=[entry])
            if number == 1:
                path, _, body = website.requests.get(timeout=30)
                form = {key: value for key, (value,) in parse_qs(body.decode()).items()}
                assert path == "/token" and form["client_secret"] == "s"
                assert form["grant_type"] == "client_credentials"
                website.requests.get(timeout=30)  # it is answered 503
            path, headers, body = website.requests.get(timeout=30)
            assert (path, json.loads(body)) == ("/orders/7", {"n": number})
            assert headers["authorization"] == "Bearer t0ken"
            assert headers["user-agent"] == "Amazon/EventBridge/ApiDestinations"
        message = dead.receive()
    told = attributes_of(message)
    assert json.loads(message["Body"]) == {"n": 2}
    assert (told["ERROR_CODE"], told["RETRY_ATTEMPTS"]) == ("ERROR_FROM_TARGET", "1")
    assert told["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert told["ERROR_MESSAGE"] == "it answered 500"


def test_a_request_has_what_target_and_connection_say() -> None:
    def added(kind: str, **values: str) -> dict[str, list[dict[str, str]]]:
        return {f"{kind}Parameters": [{"Key": k, "Value": v} for k, v in values.items()]}

    basic = {"Username": "ada", "Password": "p:w"}
    extra = {**added("Header", Range="none", tenant="b"), **added("Body", by="us")}
    auth = {"BasicAuthParameters": basic, "InvocationHttpParameters": extra}
    target = {"HeaderParameters": {"tenant": "a"}, "QueryStringParameters": {"q": "ü"}}
    request = request_of("PUT", "https://x.test/a?b=c", target, auth, {"n": 1})
    assert (request.method, request.url) == ("PUT", "https://x.test/a?b=c&q=%C3%BC")
    assert json.loads(request.body) == {"n": 1, "by": "us"}
    assert request.headers["tenant"] == "b" and request.headers["Range"] == "bytes=0-1048575"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    word = request.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(word) == b"ada:p:w"
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "k"}}
    assert request_of("GET", "https://x.test", {}, key, "text").headers["x-api-key"] == "k"
    oauth = {
        "ClientParameters": {"ClientID": "me", "ClientSecret": "s"},
        "AuthorizationEndpoint": "https://x.test/token",
        "HttpMethod": "GET",
    }
    assert token_request(oauth).url.endswith(
        "/token?grant_type=client_credentials&client_id=me&client_secret=s"
    )


def test_a_transformer_may_make_a_log_event() -> None:
    assert log_event({"timestamp": 5, "message": {"n": 1}}) == {
        "timestamp": 5,
        "message": '{"n": 1}',
    }
    assert log_event({"n": 1})["message"] == '{"n": 1}'


def test_a_replay_has_a_range_of_time_and_its_rules(hurried: LocalEndpoint) -> None:
    events, name = hurried.client("events"), unique("bus")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    archive = events.create_archive(ArchiveName=name[:40], EventSourceArn=bus)["ArchiveArn"]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for minutes in (20, 0, 10, 15):
        entry = {
            "Source": name,
            "DetailType": "order",
            "Detail": json.dumps({"minutes": minutes}),
            "EventBusName": name,
            "Time": start + timedelta(minutes=minutes),
        }
        events.put_events(Entries=[entry])
    queues, rules = [], []
    for number in range(2):
        pattern = json.dumps({"source": [name]})
        rule = events.put_rule(Name=f"r{number}", EventBusName=name, EventPattern=pattern)
        queues.append(Queue(hurried, visibility=60))
        rules.append(rule["RuleArn"])
        target = {"Id": "q", "Arn": queues[-1].arn}
        events.put_targets(Rule=f"r{number}", EventBusName=name, Targets=[target])
    asked = {
        "ReplayName": name,
        "EventSourceArn": archive,
        "EventStartTime": start + timedelta(minutes=10),
        "EventEndTime": start + timedelta(minutes=20),
        "Destination": {"Arn": bus, "FilterArns": rules[1:]},
    }
    assert events.start_replay(**asked)["State"] == "STARTING"
    until(lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED")
    told = events.describe_replay(ReplayName=name)
    assert told["EventLastReplayedTime"] == start + timedelta(minutes=15)
    assert told["ReplayEndTime"] >= told["ReplayStartTime"]
    bodies = [json.loads(queues[1].receive()["Body"]) for _ in range(2)]
    assert sorted(body["detail"]["minutes"] for body in bodies) == [10, 15]
    assert {body["replay-name"] for body in bodies} == {name}
    assert queues[0].left == (0, 0)
    with pytest.raises(events.exceptions.IllegalStatusException):
        events.cancel_replay(ReplayName=name)
    with pytest.raises(ClientError, match="EventStartTime must be before EventEndTime"):
        events.start_replay(**{**asked, "EventEndTime": asked["EventStartTime"]})


def test_schedules_send_to_streams_buses_and_operations(hurried: LocalEndpoint) -> None:
    scheduler, events, name = hurried.client("scheduler"), hurried.client("events"), unique("s")
    stream, taken, called, dead = Stream(hurried), Queue(hurried), Queue(hurried), Queue(hurried)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": taken.arn}])
    now = datetime.now(UTC) + timedelta(seconds=2)
    missing = {"QueueUrl": f"{hurried.url}/{ACCOUNT}/missing", "MessageBody": "lost"}
    targets: dict[str, dict[str, Any]] = {
        "stream": {"Arn": stream.arn, "KinesisParameters": {"PartitionKey": "k"}},
        "bus": {
            "Arn": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default",
            "EventBridgeParameters": {"Source": name, "DetailType": "due"},
        },
        "operation": {
            "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
            "Input": json.dumps({"QueueUrl": called.url, "MessageBody": "from an operation"}),
        },
        "missing": {
            "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
            "Input": json.dumps(missing),
            "DeadLetterConfig": {"Arn": dead.arn},
        },
    }
    for kind, target in targets.items():
        scheduler.create_schedule(
            Name=f"{name}-{kind}",
            ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={"RoleArn": ROLE, "Input": '{"n": 1}', **target},
        )
    assert called.receive()["Body"] == "from an operation"
    event = json.loads(taken.receive()["Body"])
    assert (event["detail-type"], event["detail"]) == ("due", {"n": 1})
    assert event["resources"] == [
        f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/{name}-bus"
    ]
    assert until(lambda: records(stream)) == [("k", {"n": 1})]
    message = dead.receive()
    told = attributes_of(message)
    assert json.loads(message["Body"]) == missing
    assert told["ERROR_CODE"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert told["SCHEDULED_TIME"] == f"{now:%Y-%m-%dT%H:%M:%SZ}"
    assert told["TARGET_ARN"] == targets["missing"]["Arn"]
    until(lambda: not scheduler.list_schedules(NamePrefix=name)["Schedules"])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("sqs:getQueueUrl", "getQueueUrl is not supported."),
        ("sqs", "Provided Arn is not in correct format."),
    ],
)
def test_operations_that_are_refused(hurried: LocalEndpoint, target: str, message: str) -> None:
    with pytest.raises(ClientError) as refused:
        hurried.client("scheduler").create_schedule(
            Name="refused",
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"RoleArn": ROLE, "Arn": f"arn:aws:scheduler:::aws-sdk:{target}"},
        )
    assert refused.value.response["Error"] == {"Code": "ValidationException", "Message": message}
