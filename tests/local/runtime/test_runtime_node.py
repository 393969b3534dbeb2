"""Node.js functions: every kind of handler, their errors and log lines."""

from __future__ import annotations

import asyncio
import json

import pytest
from runtime_lab import Lab, request, until

from workbench.local.runtime.launchers.process import NodeLauncher
from workbench.local.runtime.response_stream import ResponseStream
from workbench.project import interpreters

pytestmark = pytest.mark.skipif(
    interpreters.node_for("nodejs22.x") is None, reason="Node.js is not on this machine"
)


async def run(lab: Lab, handler: str, event: object = None, **more: object) -> tuple[object, str]:
    spec = lab.spec(handler, runtime="nodejs22.x", **more)
    result, done = await lab.invoke(spec, json.dumps(event).encode())
    return json.loads(result.payload), done.log_text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("exports.handler = async (event, context) => event", {"a": 1}),
        ("exports.handler = (event, context, done) => setTimeout(() => done(null, 'later'), 5)",
         "later"),
        ("exports.handler = (event, context) => context.succeed('old')", "old"),
        ("exports.handler = async () => {}", None),
        ("exports.handler = (event, context, done) => {}", None),
        ("exports.a = {handler: async () => 'nested'}", "nested"),
    ],
)  # fmt: skip
async def test_kinds_of_handlers(lab: Lab, source: str, expected: object) -> None:
    lab.write("app.js", source)
    name = "app.a.handler" if "exports.a" in source else "app.handler"
    assert (await run(lab, name, {"a": 1}))[0] == expected


@pytest.mark.parametrize("standby", [False, True])
async def test_es_modules_and_top_level_await(lab: Lab, standby: bool) -> None:
    lab.new_runtime(lab.root.parent / "node", standby=standby)
    lab.write(
        "src/app.mjs",
        "const n = await Promise.resolve(4); export const handler = async (e, c) => "
        "[n, c.functionName, process.cwd(), process.env.TABLE]",
    )
    variables = {"TABLE": "orders"}
    spec = lab.spec("src/app.handler", runtime="nodejs22.x", environment=variables)
    lab.runtime.prepare(spec)
    result, _ = await lab.invoke(spec)
    assert json.loads(result.payload) == [4, "fn", lab.task_root, "orders"]
    lab.write("package.json", '{"type": "module"}')
    lab.write("b.js", "export const handler = async () => 'module by package.json'")
    assert (await run(lab, "b.handler"))[0] == "module by package.json"


async def test_console_lines_are_single_events(lab: Lab) -> None:
    lab.write("app.js", "exports.handler = async () => { console.log('one\\ntwo', {a: 1}); "
                        "console.error('bad'); process.stdout.write('plain\\n') }")  # fmt: skip
    _, text = await run(lab, "app.handler")
    messages = [message for _, message in lab.recorder.events]
    request_id = lab.recorder.finished[0].request.request_id
    [one] = [message for message in messages if "one" in message]
    assert one.endswith(f"Z\t{request_id}\tINFO\tone\ntwo {{ a: 1 }}\n")
    assert f"\t{request_id}\tERROR\tbad\n" in text
    assert "plain\n" in messages


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("exports.handler = async () => { throw new TypeError('boom') }", "TypeError", "boom"),
        ("exports.handler = (e, c, done) => done(new RangeError('r'))", "RangeError", "r"),
        ("exports.handler = (e, c, done) => done('text')", "string", "text"),
        ("exports.handler = async () => { Promise.reject(new Error('x')); "
         "await new Promise(r => setTimeout(r, 1000)) }",
         "Runtime.UnhandledPromiseRejection", "Error: x"),
        ("exports.handler = () => setTimeout(() => { throw new Error('late') }, 1)",
         "Error", "late"),
        ("exports.handler = async (=> 1", "Runtime.UserCodeSyntaxError", None),
        ("require('nowhere')", "Runtime.ImportModuleError", None),
        ("exports.other = 1", "Runtime.HandlerNotFound",
         "app.handler is undefined or not exported"),
    ],
)  # fmt: skip
async def test_errors(lab: Lab, source: str, kind: str, message: str | None) -> None:
    lab.write("app.js", source)
    spec = lab.spec("app.handler", runtime="nodejs22.x")
    result, done = await lab.invoke(spec)
    assert result.function_error == "Unhandled"
    error = json.loads(result.payload)
    assert list(error) == ["errorType", "errorMessage", "trace"]
    assert error["errorType"] == kind
    if message is not None:
        assert error["errorMessage"] == message
    assert "\tERROR\t" in done.log_text


async def test_streamed_answers(lab: Lab) -> None:
    lab.write("app.mjs", """
        export const handler = awslambda.streamifyResponse(async (event, stream) => {
          if (event.http) stream = awslambda.HttpResponseStream.from(stream, {statusCode: 201});
          stream.write("one");
          await new Promise((go) => setTimeout(go, 10));
          if (event.fail) throw new Error("mid");
          stream.end("two");
        });""")  # fmt: skip
    spec = lab.spec("app.handler", runtime="nodejs22.x")
    stream = ResponseStream()
    execution = lab.runtime.invoke(spec, request(stream=stream))
    assert await stream.read() == b"one"
    result = await execution.answered()
    assert (result.payload, result.streamed) == (b"onetwo", True)
    assert await stream.read() == b"two"
    await execution.completed()
    assert result.content_type == "application/octet-stream"
    result, _ = await lab.invoke(spec, b'{"http": true}')
    assert result.payload == b'{"statusCode":201}' + bytes(8) + b"onetwo"
    assert result.content_type == "application/vnd.awslambda.http-integration-response"
    result, _ = await lab.invoke(spec, b'{"fail": true}')
    assert result.function_error == "Unhandled"
    assert json.loads(result.payload)["errorMessage"] == "mid"


async def test_a_standby_process_takes_the_next_cold_start(lab: Lab) -> None:
    lab.new_runtime(lab.root.parent / "node", standby=True)
    lab.write("app.js", "exports.handler = async () => process.pid")
    spec = lab.spec("app.handler", runtime="nodejs22.x")
    lab.runtime.prepare(spec)
    launcher = lab.runtime._launchers.launcher_for(spec)
    assert isinstance(launcher, NodeLauncher)
    await until(lambda: launcher._spare)
    pid = launcher._spare.process.pid  # type: ignore[union-attr]
    result, done = await lab.invoke(spec)
    assert int(result.payload) == pid
    assert done.report.max_memory_used > 0
    execution = lab.runtime.invoke(spec, request())
    await asyncio.wait_for(execution.completed(), 10)


async def test_json_log_format(lab: Lab) -> None:
    lab.write(
        "app.js",
        """
        exports.handler = async () => {
          console.trace("t"); console.debug("d"); console.log("n=%d", 1);
          console.warn({some: "object"}); console.error("bad", new TypeError("x"));
          throw new RangeError("end");
        }""",
    )
    spec = lab.spec(
        "app.handler", runtime="nodejs22.x", log_format="JSON", application_log_level="DEBUG"
    )
    _, done = await lab.invoke(spec)
    lines = [json.loads(line) for line in done.log_text.splitlines()]
    own = [line for line in lines if "level" in line]
    request_id = done.request.request_id
    assert {line["requestId"] for line in own} == {request_id}
    assert [list(line)[:4] for line in own] == [["timestamp", "level", "requestId", "message"]] * 5
    assert [(line["level"], line["message"]) for line in own[:3]] == [
        ("DEBUG", "d"), ("INFO", "n=1"), ("WARN", {"some": "object"}),
    ]  # fmt: skip
    assert own[3]["level"] == "ERROR" and own[3]["message"].startswith("bad TypeError: x")
    assert (own[3]["errorType"], own[3]["errorMessage"]) == ("TypeError", "x")
    assert own[4]["message"]["errorType"] == "RangeError"
    assert own[4]["message"]["stackTrace"][0].lstrip().startswith("at ")


@pytest.mark.parametrize(
    ("level", "shown"),
    [("TRACE", "tdlwe"), ("DEBUG", "dlwe"), ("INFO", "lwe"), ("WARN", "we"), ("ERROR", "e"),
     ("FATAL", "")],
)  # fmt: skip
async def test_application_log_level(lab: Lab, level: str, shown: str) -> None:
    methods = "trace debug log warn error"
    lab.write(
        "app.js",
        f"exports.handler = async () => '{methods}'.split(' ').forEach((m) => console[m](m[0]))",
    )
    _, text = await run(lab, "app.handler", log_format="JSON", application_log_level=level)
    lines = [json.loads(line) for line in text.splitlines()]
    assert "".join(line["message"] for line in lines if "level" in line) == shown


@pytest.mark.parametrize("standby", [False, True])
async def test_packages_of_layers(lab: Lab, standby: bool) -> None:
    lab.new_runtime(lab.root.parent / "node", standby=standby)
    layers = [lab.root.parent / f"layer{number}" for number in (1, 2)]
    major = interpreters.node_for("nodejs22.x").version.split(".")[0]  # type: ignore[union-attr]
    for layer, package in [
        (layers[0], "nodejs/node_modules/both"),
        (layers[1], "nodejs/node_modules/both"),
        (layers[0], f"nodejs/node{major}/node_modules/versioned"),
    ]:
        (layer / package).mkdir(parents=True)
        (layer / package / "index.js").write_text(f"module.exports = '{layer.name}'")
    lab.write("app.js", "exports.handler = async () => [require('both'), require('versioned')]")
    spec = lab.spec("app.handler", runtime="nodejs22.x", layers=tuple(layers))
    lab.runtime.prepare(spec)
    result, _ = await lab.invoke(spec)
    assert json.loads(result.payload) == ["layer2", "layer1"], "a later layer wins"
