"""Custom runtimes: any executable `bootstrap` that speaks the Runtime API."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from runtime_lab import Lab

SHELL = r"""#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while :; do
  headers="$(mktemp)"
  event="$(curl -sS -D "$headers" "$api/invocation/next")"
  id="$(grep -i lambda-runtime-aws-request-id "$headers" | tr -d '\r' | cut -d: -f2 | tr -d ' ')"
  rm -f "$headers"
  echo "shell got $event"
  answer="{\"echo\":$event,\"handler\":\"$_HANDLER\"}"
  curl -sS -o /dev/null "$api/invocation/$id/response" -d "$answer"
done
"""

C = r"""
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
  char api[64], host[64], buffer[8192], body[256], id[64];
  strcpy(api, getenv("AWS_LAMBDA_RUNTIME_API"));
  int port = atoi(strchr(api, ':') + 1);
  for (;;) {
    for (int turn = 0; turn < 2; turn++) {
      struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
      inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
      int s = socket(AF_INET, SOCK_STREAM, 0);
      if (connect(s, (struct sockaddr *)&to, sizeof to)) return 1;
      if (turn == 0)
        dprintf(s, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n");
      else
        dprintf(s, "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: x\r\n"
                   "Content-Length: %zu\r\n\r\n%s", id, strlen(body), body);
      int n = recv(s, buffer, sizeof buffer - 1, 0);
      if (n <= 0) return 0;
      buffer[n] = 0;
      close(s);
      if (turn == 0) {
        sscanf(strstr(buffer, "Request-Id: ") + 12, "%63s", id);
        snprintf(body, sizeof body, "[%s]", strstr(buffer, "\r\n\r\n") + 4);
      }
    }
  }
}
"""


def executable(lab: Lab, text: str, folder: Path | None = None) -> None:
    file = (folder or lab.root) / "bootstrap"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
@pytest.mark.parametrize("in_layer", [False, True])
async def test_shell_script(lab: Lab, tmp_path: Path, in_layer: bool) -> None:
    layer = tmp_path / "layer"
    executable(lab, SHELL, layer if in_layer else lab.root)
    spec = lab.spec("my.handler", runtime="provided.al2023", layers=(layer,) if in_layer else ())
    for number in (b"1", b"2"):
        result, done = await lab.invoke(spec, number)
        assert json.loads(result.payload) == {"echo": int(number), "handler": "my.handler"}
        assert f"shell got {int(number)}\n" in done.log_text
    assert "INIT_START" not in done.log_text


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not on this machine")
async def test_compiled_program(lab: Lab) -> None:
    source = lab.write("main.c", C)
    compiler = await asyncio.create_subprocess_exec("gcc", "-o", lab.root / "bootstrap", source)
    assert await compiler.wait() == 0
    spec = lab.spec(runtime="provided.al2")
    for _ in range(3):
        result, _ = await lab.invoke(spec, b'{"a":1}')
        assert json.loads(result.payload) == [{"a": 1}]


@pytest.mark.parametrize("executable_bit", [None, False])
async def test_missing_or_not_executable(lab: Lab, executable_bit: bool | None) -> None:
    if executable_bit is False:
        lab.write("bootstrap", SHELL)
    result, done = await lab.invoke(lab.spec(runtime="provided.al2023"), request_id="the-id")
    assert json.loads(result.payload) == {
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": "RequestId: the-id Error: Couldn't find valid bootstrap(s): "
        "[/var/task/bootstrap /opt/bootstrap]",
    }
    assert done.log_text.endswith("Error Type: Runtime.InvalidEntrypoint\n")


async def test_wrapper_script(lab: Lab, tmp_path: Path) -> None:
    wrapper = tmp_path / "layer" / "wrap"
    wrapper.parent.mkdir()
    wrapper.write_text('#!/bin/sh\necho wrapped\nexport FROM_WRAPPER=yes\nexec "$@"\n')
    wrapper.chmod(0o755)
    lab.write("app.py", "import os\ndef handler(e, c): return os.environ['FROM_WRAPPER']")
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"}
    spec = lab.spec(layers=(wrapper.parent,), environment=variables)
    result, done = await lab.invoke(spec)
    assert result.payload == b'"yes"' and "wrapped\n" in done.log_text
    missing = lab.spec(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/none"})
    result, _ = await lab.invoke(missing)
    assert "exit status 127" in json.loads(result.payload)["errorMessage"]


async def test_layers_of_python_functions(lab: Lab, tmp_path: Path) -> None:
    for name, value in (("one", 1), ("two", 2)):
        folder = tmp_path / name / "python"
        folder.mkdir(parents=True)
        (folder / "shared.py").write_text(f"VALUE = {value}\n")
        (folder / f"only_{name}.py").write_text("")
    spec = lab.python(
        "import shared, only_one, only_two\ndef handler(e, c): return shared.VALUE",
        layers=(tmp_path / "one", tmp_path / "two"),
    )
    assert (await lab.invoke(spec))[0].payload == b"2", "the later layer wins"
