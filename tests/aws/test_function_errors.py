"""Error payloads of every runtime (lambda-facts §2.4): type, message, frames, whose code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.aws.function_errors import parse_error, user_frame


def parse(stack: Any, key: str = "stackTrace", root: Path | None = None) -> list[tuple[Any, ...]]:
    payload = json.dumps({"errorType": "E", "errorMessage": "m", key: stack}).encode()
    error = parse_error(payload, root)
    assert error is not None
    assert (error.type, error.message) == ("E", "m")
    return [(f.path, f.line, f.function, f.in_user_code) for f in error.frames]


def test_python_innermost_first() -> None:
    stack = [
        '  File "/var/task/app.py", line 9, in handler\n    return load()\n',
        '  File "/var/task/lib.py", line 3, in load\n    json.loads("{")\n',
        '  File "/var/lang/lib/python3.13/json/__init__.py", line 346, in loads\n    return x\n',
    ]
    assert parse(stack) == [
        ("/var/lang/lib/python3.13/json/__init__.py", 346, "loads", False),
        ("/var/task/lib.py", 3, "load", True),
        ("/var/task/app.py", 9, "handler", True),
    ]


def test_python_syntax_error() -> None:
    assert parse(['  File "/var/task/app.py" Line 4\n    def (:\n']) == [
        ("/var/task/app.py", 4, "", True)
    ]


def test_python_code_is_kept() -> None:
    payload = {
        "errorType": "E",
        "errorMessage": "",
        "stackTrace": ['  File "/var/task/a.py", line 1, in f\n    raise E()\n'],
    }
    error = parse_error(json.dumps(payload).encode())
    assert error and error.frames[0].code == "raise E()"


def test_node() -> None:
    trace = [
        "Error: no luck",
        "    at inner (file:///var/task/my%20lib.mjs:3:9)",
        "    at async Runtime.handler (/var/task/index.mjs:12:3)",
        "    at /var/task/node_modules/got/index.js:5:1",
        "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
        "    at Runtime.run (/var/runtime/index.mjs:1:1)",
    ]
    assert parse(trace, "trace") == [
        ("/var/task/my lib.mjs", 3, "inner", True),
        ("/var/task/index.mjs", 12, "Runtime.handler", True),
        ("/var/task/node_modules/got/index.js", 5, "", False),
        ("node:internal/process/task_queues", 95, "process.processTicksAndRejections", False),
        ("/var/runtime/index.mjs", 1, "Runtime.run", False),
    ]


def test_java() -> None:
    stack = [
        "com.example.Handler.handleRequest(Handler.java:12)",
        "java.base/java.lang.reflect.Method.invoke(Method.java:580)",
        "com.example.Native.call(Native Method)",
    ]
    assert parse(stack)[:2] == [
        ("Handler.java", 12, "com.example.Handler.handleRequest", True),
        ("Method.java", 580, "java.base/java.lang.reflect.Method.invoke", False),
    ]


def test_ruby_dotnet_and_go() -> None:
    assert parse(["/var/task/app.rb:5:in `handler'", "/var/runtime/gems/x/y.rb:1:in 'z'"]) == [
        ("/var/task/app.rb", 5, "handler", True),
        ("/var/runtime/gems/x/y.rb", 1, "z", False),
    ]
    assert parse(["   at App.Function.Handler(String s) in /src/Function.cs:line 21"]) == [
        ("/src/Function.cs", 21, "App.Function.Handler(String s)", True)
    ]
    assert parse([{"path": "github.com/me/main.go", "line": 7, "label": "main.handler"}]) == [
        ("github.com/me/main.go", 7, "main.handler", True)
    ]


def test_frames_name_the_files_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    snapshot = f"/home/me/p/.workbench/code/{'ab' * 32}/app.py"
    stack = [
        '  File "/var/task/app.py", line 1, in a\n    x\n',
        f'  File "{snapshot}", line 2, in b\n    x\n',
        '  File "/var/task/bundled.py", line 3, in c\n    x\n',
        '  File "/home/me/p/.workbench/dependencies/0a/requests/api.py", line 4, in d\n    x\n',
    ]
    here = str(tmp_path / "app.py")
    assert [(path, mine) for path, _, _, mine in parse(stack, root=tmp_path)] == [
        ("/home/me/p/.workbench/dependencies/0a/requests/api.py", False),
        ("/var/task/bundled.py", True),
        (here, True),
        (here, True),
    ]


def test_the_frame_to_look_at() -> None:
    stack = [
        '  File "/var/task/app.py", line 1, in handler\n    x\n',
        '  File "/usr/lib/python3.12/json/decoder.py", line 2, in decode\n    x\n',
    ]
    error = parse_error(json.dumps({"errorType": "E", "stackTrace": stack}).encode())
    assert error is not None
    frame = user_frame(error)
    assert frame is not None and frame.path == "/var/task/app.py"


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'"text"', b'{"statusCode": 500}'])
def test_what_is_no_error(payload: bytes) -> None:
    assert parse_error(payload) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values, st.sampled_from(["stackTrace", "trace"]))
def test_any_stack_is_read_without_fault(stack: Any, key: str) -> None:
    parse_error(json.dumps({"errorType": "E", key: stack}).encode(), Path("/p"))
