"""The sample functions do what their saved events ask of them; copying never overwrites."""

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.project.discover import discover
from workbench.samples import (
    copy_sample_functions,
    demo_function,
    sample_functions,
    sample_projects,
)

FOLDER = sample_functions()
PYTHON_DRIVER = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("handler", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
class Context:
    function_name = "Sample"; function_version = "$LATEST"
    aws_request_id = "request-1"; memory_limit_in_mb = "256"
    def get_remaining_time_in_millis(self): return 9000
out = sys.stdout; sys.stdout = sys.stderr
print(json.dumps(module.handler(json.load(sys.stdin), Context())), file=out)
"""
NODE_DRIVER = """
const chunks = [];
globalThis.awslambda = {streamifyResponse: (handler) => async (event, context) => {
  await handler(event, {setContentType() {}, write: (c) => chunks.push(c), end() {}}, context);
  return JSON.parse(chunks.join(""));
}};
console.log = console.error;
const { handler } = await import(process.argv[1]);
const context = {awsRequestId: "request-1", getRemainingTimeInMillis: () => 9000};
process.stdout.write(JSON.stringify(await handler(JSON.parse(process.argv[2]), context)));
"""


def saved(function: str, name: str) -> Any:
    return json.loads((FOLDER / "events" / function / f"{name}.json").read_text("utf-8"))


def run(command: list[str], stdin: str = "") -> Any:
    done = subprocess.run(
        command,
        input=stdin,
        env={**os.environ, "STAGE": "test", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def python(folder: str, event: Any) -> Any:
    command = [sys.executable, "-c", PYTHON_DRIVER, str(FOLDER / folder / "handler.py")]
    return run(command, json.dumps(event))


def test_hello() -> None:
    result = python("hello", saved("Hello", "Ada"))

    assert result["greeting"] == "Hello, Ada!"
    assert result["stage"] == "test"
    assert result["invocation"] == 1


def test_api() -> None:
    greeting = python("api", saved("ApiHandler", "get greeting"))
    order = python("api", saved("ApiHandler", "post order"))

    assert greeting["statusCode"] == 200
    assert json.loads(greeting["body"]) == {"message": "Hi, Ada!"}
    assert order["statusCode"] == 201
    assert python("api", {"version": "1.0", "httpMethod": "GET", "path": "/"})["statusCode"] == 404
    bad = {"httpMethod": "POST", "path": "/", "body": "{"}
    assert python("api", bad)["statusCode"] == 400


def test_thumbnail_plan() -> None:
    result = python("thumbnail-plan", saved("ThumbnailPlan", "picture uploaded"))

    assert result["planned"] == 2
    assert result["thumbnails"][0]["source"] == "s3://example-bucket/photos/summer holiday.jpg"
    assert python("thumbnail-plan", saved("ThumbnailPlan", "picture deleted"))["planned"] == 0


def test_orders() -> None:
    event = saved("Orders", "two good, one bad")

    failed = python("orders", event)["batchItemFailures"]
    assert failed == [{"itemIdentifier": event["Records"][1]["messageId"]}]


def test_countdown() -> None:
    assert python("countdown", {"seconds": 1}) == {"counted": 1}


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_node() -> None:
    def node(folder: str, event: Any) -> Any:
        module = (FOLDER / folder / "index.mjs").as_uri()
        script = ["node", "--input-type=module", "-e", NODE_DRIVER, module, json.dumps(event)]
        return run(script)

    assert node("node-hello", saved("NodeHello", "world"))["greeting"] == "Hello, world!"
    streamed = node("node-stream", {**saved("NodeStream", "a sentence"), "pause": 0})
    assert streamed["words"][:2] == ["Streams", "are"]
    assert streamed["requestId"] == "request-1"


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_shell_runtime_speaks_the_runtime_api() -> None:
    answers: list[tuple[str, Any]] = []
    answered = threading.Event()
    asked_again = threading.Event()
    done = threading.Event()

    class RuntimeApi(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if answered.is_set():
                asked_again.set()
                done.wait(20)
                return
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
            body = json.dumps(saved("ShellRuntime", "world"), indent=2).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answers.append((self.path, json.loads(body)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            answered.set()
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    code = FOLDER / "shell-runtime"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {
            **os.environ,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": "function.greet",
            "STAGE": "test",
        }
        with subprocess.Popen(
            [str(code / "bootstrap")], env=environment, stderr=subprocess.DEVNULL
        ) as process:
            try:
                assert asked_again.wait(20)
            finally:
                process.kill()
                done.set()
                server.shutdown()

    ((path, answer),) = answers
    assert path == "/2018-06-01/runtime/invocation/request-1/response"
    assert answer["greeting"] == "Hello, world!"
    assert answer["stage"] == "test"


PROJECTS = pytest.mark.parametrize("folder", [project.folder for project in sample_projects()])


def template_of(folder: Path) -> Any:
    class Loader(yaml.SafeLoader):
        """Reads !Ref and its like as plain values."""

    def plain(loader: Any, suffix: str, node: Any) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node)
        return node.value

    Loader.add_multi_constructor("!", plain)
    return yaml.load((folder / "template.yaml").read_text("utf-8"), Loader)


@PROJECTS
def test_every_function_of_a_template_has_code_and_saved_events(folder: Path) -> None:
    functions = {
        name: resource["Properties"]
        for name, resource in template_of(folder)["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }

    events = {path.parent.name for path in (folder / "events").glob("*/*.json")}
    assert functions
    assert events <= set(functions)
    for name, properties in functions.items():
        assert (folder / properties["CodeUri"]).is_dir()
        assert properties["Description"]
        # What only a queue, a topic or the like invokes is shown by invoking Demo.
        assert name in events or "Demo" in functions


@PROJECTS
def test_every_project_is_found_without_a_complaint(folder: Path, tmp_path: Path) -> None:
    copy = copy_sample_functions(tmp_path / "copy", folder.name)

    assert discover(copy, endpoint="http://127.0.0.1:1").problems == ()


def test_the_basics_need_no_packages() -> None:
    assert sample_projects()[0].folder == FOLDER
    assert not list(FOLDER.rglob("requirements.txt")) + list(FOLDER.rglob("package.json"))


def test_the_copy_is_whole_and_executable(tmp_path: Path) -> None:
    copy = copy_sample_functions(tmp_path / "deep" / "demo")

    def files(folder: Path) -> set[Path]:
        found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return {path for path in found if not {".workbench", "__pycache__"} & set(path.parts)}

    assert files(copy) == files(FOLDER)
    assert os.access(copy / "shell-runtime" / "bootstrap", os.X_OK)
    assert [path.name for path in copy.parent.iterdir()] == ["demo"]


def test_a_users_edits_stay(tmp_path: Path) -> None:
    copy = copy_sample_functions(tmp_path / "demo")
    (copy / "hello" / "handler.py").write_text("mine")

    assert copy_sample_functions(copy) == copy
    assert (copy / "hello" / "handler.py").read_text() == "mine"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert (copy_sample_functions(tmp_path) / "template.yaml").is_file()


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")

    with pytest.raises(NotADirectoryError, match="choose a folder"):
        copy_sample_functions(tmp_path / "demo")


def test_the_readme_of_an_application_names_its_demo(tmp_path: Path) -> None:
    for project in sample_projects():
        name = demo_function(project.folder)
        assert name is not None
        assert f"\n  {name}:\n" in (project.folder / "template.yaml").read_text("utf-8")
        assert list((project.folder / "events" / name).glob("*.json"))
    assert demo_function(tmp_path) is None
