"""Which route a request takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.local.fronts.apis.api_routes import RouteTable
from workbench.project.front_doors.apis import Route, parse_route


def table(*keys: str) -> RouteTable:
    routes = [key.split() if " " in key else ("ANY", key) for key in keys]
    return RouteTable(Route(method, path, "f") for method, path in routes)


def found(routes: RouteTable, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    match = routes.find(method, path)
    return None if match is None else (match[0].key, match[1])


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/pets/dog/1", ("GET /pets/dog/1", {})),
        ("GET", "/pets/dog/2", ("GET /pets/dog/{id}", {"id": "2"})),
        ("GET", "/pets/cat/1", ("GET /pets/{rest+}", {"rest": "cat/1"})),
        ("POST", "/test/5", ("ANY /{proxy+}", {"proxy": "test/5"})),
        ("POST", "/pets/dog/1", ("ANY /{proxy+}", {"proxy": "pets/dog/1"})),
        ("GET", "/", ("$default", {})),
    ],
)
def test_awss_own_examples(method: str, path: str, expected: tuple[str, dict[str, str]]) -> None:
    routes = table(
        "GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{rest+}", "ANY /{proxy+}", "$default"
    )
    assert found(routes, method, path) == expected


def test_a_method_counts_more_than_any_and_less_than_the_path() -> None:
    routes = table("ANY /a/{id}", "GET /a/{id}", "GET /{rest+}")
    assert found(routes, "GET", "/a/1") == ("GET /a/{id}", {"id": "1"})
    assert found(routes, "PUT", "/a/1") == ("ANY /a/{id}", {"id": "1"})
    assert found(routes, "PUT", "/b") is None


def test_what_looks_like_an_expression_is_none() -> None:
    routes = table("GET /a.b/{x-y}", "GET /c/({z}")
    assert found(routes, "GET", "/a.b/1") == ("GET /a.b/{x-y}", {"x-y": "1"})
    assert found(routes, "GET", "/aXb/1") is None
    assert found(routes, "GET", "/c/(1") == ("GET /c/({z}", {"z": "1"})


@given(st.text(), st.text())
def test_any_path_can_be_asked_for(method: str, path: str) -> None:
    match = table("GET /a/{b}", "$default").find(method, path)
    assert match is not None


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("GET /orders/{id}=Orders", Route("GET", "/orders/{id}", "Orders", None, "2.0")),
        ("ANY /=Site:live", Route("ANY", "/", "Site", "live", "2.0")),
        ("$default=Site", Route("ANY", "$default", "Site", None, "2.0")),
    ],
)
def test_routes_of_the_command_line(text: str, route: Route) -> None:
    assert parse_route(text) == route


@pytest.mark.parametrize("text", ["", "GET /a", "/a=F", "FETCH /a=F", "GET a=F", "GET /a=F F"])
def test_what_is_no_route(text: str) -> None:
    with pytest.raises(ValueError, match="is no route: write it like"):
        parse_route(text)
