"""The samples that a function's own triggers would send stand first in the list of new events."""

from __future__ import annotations

from workbench.aws.triggers.trigger import Trigger
from workbench.samples import find
from workbench.ui.panes.likely_events import along_route, likely_events


def test_each_route_of_an_api_is_its_own_sample() -> None:
    api = Trigger(
        "RestApi Orders", "RestApi", "Orders", ("Place:live", "Read"), url="http://127.0.0.1:1/",
        routes=("POST /orders → Place:live  (Auth)", "ANY /orders/{id} → Place", "GET /o → Read"),
    )  # fmt: skip
    first, second = likely_events([api], "Place")
    assert (first.sample, first.words) == (
        "apigateway-rest-proxy",
        "POST /orders of REST API Orders",
    )
    assert first.values == {"method": "POST", "path": "/orders", "query": ""}
    assert second.values["path"] == "/orders/42"
    assert [each.words for each in likely_events([api], "Read")] == ["GET /o of REST API Orders"]
    assert likely_events([api], "Other") == []


def test_a_queue_gives_its_name_and_what_sends_no_sample_is_left_out() -> None:
    queue = Trigger("1", "SQS", "orders", ("Place",))
    policy = Trigger("2", "Policy", "s3.amazonaws.com", ("Place",))
    (found,) = likely_events([policy, queue], "Place")
    assert found.sample == "sqs-message" and found.values["queue"] == "orders"
    assert "queue" in {parameter.name for parameter in find(found.sample).parameters}


def test_an_event_of_an_api_names_its_route() -> None:
    rest = find("apigateway-rest-proxy").render({"path": "/orders/42"})
    along_route(rest, "GET /orders/{id}")
    assert (rest["resource"], rest["pathParameters"]) == ("/orders/{id}", {"id": "42"})
    assert rest["requestContext"]["resourcePath"] == "/orders/{id}"
    http = find("apigateway-http-api").render({"path": "/orders"})
    along_route(http, "POST /orders")
    assert http["routeKey"] == "POST /orders" and "pathParameters" not in http


def test_a_request_may_have_neither_query_nor_body() -> None:
    parameters = {each.name: each for each in find("apigateway-rest-proxy").parameters}
    assert parameters["query"].may_be_empty and parameters["body"].may_be_empty
    assert not parameters["path"].may_be_empty
