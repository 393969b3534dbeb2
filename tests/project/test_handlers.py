"""Finding functions in source files, without a template and without importing anything."""

from pathlib import Path

import pytest

from workbench.project import interpreters
from workbench.project.discover import discover
from workbench.project.handlers.node import exported
from workbench.project.records import FunctionSource

HANDLER = "def handler(event, context):\n    return event\n"


def put(root: Path, name: str, text: str = HANDLER) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(root: Path) -> dict[str, FunctionSource]:
    project = discover(root)
    assert project.problems == ()
    return {function.name: function for function in project.functions}


def test_a_python_file_is_a_function(tmp_path: Path) -> None:
    path = put(tmp_path, "orders/app.py", "import gone_from_here\n\n\n" + HANDLER)
    assert found(tmp_path) == {
        "orders": FunctionSource(
            name="orders",
            runtime=interpreters.default_python_runtime(),
            handler="app.handler",
            code=tmp_path / "orders",
            declared_in=path,
        )
    }


@pytest.mark.parametrize(
    "text",
    [
        "async def handler(event, context): ...\n",
        "class A:\n    def handler(self, event, context): ...\n",
        "def handler(event): ...\n",
        "def handler(event, context, more): ...\n",
        "def handler(event, context, *, more): ...\n",
        "def handler(request, response): ...\n",
        "if True:\n    def handler(event, context): ...\n",
        "# def handler(event, context):\n",
    ],
)
def test_what_lambda_could_not_call_is_no_function(tmp_path: Path, text: str) -> None:
    put(tmp_path, "app.py", text)
    assert found(tmp_path) == {}


@pytest.mark.parametrize(
    "text",
    [
        "def handler(event: dict, context: object) -> dict: ...\n",
        "@decorated\ndef handler(event, _context): ...\n",
        "def handler(_event, _context, more=1): ...\n",
        "def handler(event, context, *rest, **named): ...\n",
    ],
)
def test_variations_of_a_handler(tmp_path: Path, text: str) -> None:
    put(tmp_path, "work.py", text)
    assert found(tmp_path)["work"].handler == "work.handler"


def test_a_conventional_name_takes_the_file_and_others_share_it(tmp_path: Path) -> None:
    put(
        tmp_path,
        "one.py",
        "def helper(event, context): ...\ndef lambda_handler(event, context): ...",
    )
    put(tmp_path, "two.py", "def put(event, context): ...\ndef get(event, context): ...\n")
    functions = found(tmp_path)
    assert {name: f.handler for name, f in functions.items()} == {
        "one": "one.lambda_handler",
        "two-put": "two.put",
        "two-get": "two.get",
    }


def test_names_are_unique_and_valid(tmp_path: Path) -> None:
    put(tmp_path, "a/app.py")
    put(tmp_path, "b/a/app.py")
    put(tmp_path, "b_a.py")
    put(tmp_path, "my func é/main.py")
    put(tmp_path, f"{'x' * 80}/app.py")
    put(tmp_path, f"y/{'x' * 80}/app.py")
    names = set(found(tmp_path))
    assert {"a", "b-a-app", "b_a", "my-func", "x" * 64} < names
    assert len(names) == 6
    assert max(map(len, names)) == 64


@pytest.mark.parametrize(
    "name",
    [
        ".workbench/inline/A/index.py",
        "node_modules/x/app.py",
        "venv/lib/app.py",
        "myenv/lib/app.py",
        ".aws-sam/build/A/app.py",
        "tests/app.py",
        "test_app.py",
        "app_test.py",
        "conftest.py",
        "a.b.py",
    ],
)
def test_what_is_left_out(tmp_path: Path, name: str) -> None:
    put(tmp_path, "myenv/pyvenv.cfg", "")
    put(tmp_path, name)
    assert found(tmp_path) == {}


@pytest.mark.parametrize(
    ("files", "code", "handler"),
    [
        ({"api/get.py": ""}, "api", "get.handler"),
        ({"api/get.py": "", "api/__init__.py": ""}, "api", "get.handler"),
        ({"api/get.py": "import shared", "shared.py": ""}, ".", "api.get.handler"),
        ({"api/get.py": "from shared.x import y", "shared/x.py": ""}, ".", "api.get.handler"),
        ({"api/get.py": "from api import db", "api/db.py": ""}, ".", "api.get.handler"),
        ({"api/get.py": "import db", "api/db.py": "", "db.py": ""}, "api", "get.handler"),
        ({"src/api/get.py": "from . import db", "src/api/db.py": ""}, "src", "api.get.handler"),
        ({"a/b/get.py": "from ..c import d", "a/c.py": ""}, ".", "a.b.get.handler"),
        ({"api/get.py": "import json", "json/data.json": ""}, "api", "get.handler"),
    ],
)
def test_the_code_folder_holds_what_the_file_imports(
    tmp_path: Path, files: dict[str, str], code: str, handler: str
) -> None:
    for name, text in files.items():
        put(tmp_path, name, f"{text}\n{HANDLER}" if "get.py" in name else text)
    [function] = found(tmp_path).values()
    assert (function.code, function.handler) == ((tmp_path / code).resolve(), handler)


def test_a_syntax_error_is_a_problem_and_hides_no_other(tmp_path: Path) -> None:
    put(tmp_path, "good.py")
    bad = put(tmp_path, "bad.py", "def handler(event, context):\n    return (\n")
    project = discover(tmp_path)
    assert [f.name for f in project.functions] == ["good"]
    [problem] = project.problems
    assert (problem.file, problem.line, problem.column) == (bad, 2, 12)
    assert problem.message == "Syntax error: '(' was never closed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exports.handler = async (event) => {}", "handler"),
        ("'use strict'\nmodule.exports.handler = f", "handler"),
        ("exports['handler'] = f", "handler"),
        ("module.exports = { handler }", "handler"),
        ("module.exports = {\n  a: {x: 1},\n  handler: async () => ({}),\n}", "handler"),
        ("module.exports = { async handler(event) {} }", "handler"),
        ("module.exports = { 'handler': f }", "handler"),
        ("\n\nexport const handler = async () => {}", "handler"),
        ("export async function handler(event) {}", "handler"),
        ("export function handler() {}", "handler"),
        ("const f = 1\nexport { f as handler }", "handler"),
        ("export { other, handler }", "handler"),
        ("exports.lambdaHandler = async () => {}", "lambdaHandler"),
        ("const r = /['\"`]/\nexports.handler = 1", "handler"),
        ("const u = `it's`\nexports.handler = 1", "handler"),
        ("// exports.handler = 1", None),
        ("/* export const handler = 1 */", None),
        ("const s = 'exports.handler = 1'", None),
        ("const s = `\nexport const handler = 1\n`", None),
        ("if (exports.handler == 1) {}", None),
        ("module.exports = { a: { handler: 1 } }", None),
        ("export { handler as main }", None),
        ("export const handlers = []", None),
        ("const handler = 1", None),
    ],
)
def test_what_a_node_file_exports(text: str, expected: str | None) -> None:
    assert exported(text) == expected


def test_node_files_become_functions(tmp_path: Path) -> None:
    put(tmp_path, "pay/index.mjs", "export const handler = async () => 1\n")
    put(tmp_path, "web/package.json", "{}")
    put(tmp_path, "web/src/api.js", "exports.handler = async () => 1\n")
    put(tmp_path, "up/fn/go.js", "const x = require('../lib')\nexports.handler = x\n")
    put(tmp_path, "web/src/api.test.js", "exports.handler = 1\n")
    functions = found(tmp_path)
    assert {
        n: (f.code.relative_to(tmp_path).as_posix(), f.handler) for n, f in functions.items()
    } == {
        "pay": ("pay", "index.handler"),
        "api": ("web", "src/api.handler"),
        "go": ("up", "fn/go.handler"),
    }
    assert {f.runtime for f in functions.values()} == {interpreters.default_node_runtime()}
