"""Our Python bootstrap against AWS's own client (awslambdaric): same answers, same log lines."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from runtime_lab import Lab

from workbench.local.runtime.launchers import Launch, OnExit, Process
from workbench.local.runtime.launchers.spawn import spawn
from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.variables import Machine, static_variables

pytest.importorskip("awslambdaric")

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
RUNTIME = f"python{MINOR}"


class OracleLauncher:
    """Starts `python -m awslambdaric` where our launcher starts our bootstrap."""

    def __init__(self, home: Path) -> None:
        self._machine = Machine(home, {"AWS_ACCESS_KEY_ID": "x"}, {})

    async def file_system(self, spec: FunctionSpec) -> None:
        return None

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        variables = static_variables(spec, self._machine, MINOR)
        # It leaves sys.path and the file system to AWS's image.
        return variables | {"PYTHONPATH": str(spec.task_root), "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        spec = launch.spec
        command = [sys.executable, "-m", "awslambdaric", spec.handler]
        return spawn(command, launch.variables, spec.task_root, on_exit, framed_log=True)


def normal(text: str) -> str:
    """Without what differs between any two invocations."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    text = re.sub(r"\d+(\.\d+)? (ms|MB)", "N", text)
    text = re.sub(r"\[\$LATEST\][0-9a-f]{32}", "STREAM", text)
    text = re.sub(r"(\w+(Ms|MB)\":)[\d.]+", r"\1N", text)
    # Its hooks are called from a module of their own.
    frame = r"\"?[ \xa0]*File [^,]*hooks_runner\.py.*?func\(\*args, \*\*kwargs\)(\\n\", |\n)"
    text = re.sub(frame, "", text, flags=re.S)
    # A call that fails before the handler's first line has only the client's own frame.
    return re.sub(r"\S+(?:bootstrap|client)\.py.*?(\\n\"|\n(?=END))", "BOOTSTRAP", text, flags=re.S)


CASES: dict[str, tuple[str, bytes]] = {
    "objects": ("def handler(e, c): return {'a': [1, 2.5, None, True], 'ü': 'é☃', 'e': e}",
                '{"k": "ü", "n": 1e3}'.encode()),
    "none": ("def handler(e, c): return None", b"[]"),
    "bytes": ("def handler(e, c): return b'\\x00\\xff raw'", b"{}"),
    "nested bytes": ("def handler(e, c): return {'b': b'text'}", b"{}"),
    "decimal": ("from decimal import Decimal as D\n"
                "def handler(e, c): return [D('1.10'), D('NaN'), D('1E+3'), D('-0.0'), 'a']",
                b"{}"),
    "not a number": ("def handler(e, c): return [float('nan'), float('inf'), -float('inf')]",
                     b"{}"),
    "named tuple": ("from collections import namedtuple\nP = namedtuple('P', 'x y')\n"
                    "def handler(e, c): return {'p': P(1, P(2, 3)), 't': (1, 2)}", b"{}"),
    "keys": ("def handler(e, c): return {1: 1, 2.5: 2, None: 3, True: 4}", b"{}"),
    "set": ("def handler(e, c): return {1, 2}", b"{}"),
    "bad key": ("def handler(e, c): return {(1, 2): 3}", b"{}"),
    "circular": ("def handler(e, c):\n    a = []\n    a.append(a)\n    return a", b"{}"),
    "bad utf-8": ("def handler(e, c): return [b'\\xff']", b"{}"),
    "context": ("def handler(e, c):\n    return [repr(c), c.memory_limit_in_mb, "
                "0 < c.get_remaining_time_in_millis() <= 20000, c.w3c(), sorted(a for a in dir(c) "
                "if not a.startswith('_'))]", b"{}"),
    "trace variable": ("import os\ndef handler(e, c): return os.environ['_X_AMZN_TRACE_ID']",
                       b"{}"),
    "raise": ("def inner(x):\n    raise ValueError('bad', x)\n"
              "def handler(e, c):\n    return inner(e)", b'"x"'),
    "chained": ("def handler(e, c):\n    try:\n        1 / 0\n    except ZeroDivisionError as z:\n"
                "        raise KeyError('k') from z", b"{}"),
    "own class, two lines": ("class Oops(Exception):\n    def __str__(self): return 'a\\n  b'\n"
                             "def handler(e, c):\n    raise Oops", b"{}"),
    "empty message": ("def handler(e, c):\n    raise RuntimeError", b"{}"),
    "wrong arity": ("def handler(e): return e", b"{}"),
    "exit": ("import sys\ndef handler(e, c): sys.exit(7)", b"{}"),
    "logging": ("import logging\nlog = logging.getLogger('mine')\nlog.setLevel('DEBUG')\n"
                "def handler(e, c):\n    log.info('i %s', 1)\n    log.debug('two\\nlines')\n"
                "    logging.info('unseen')\n    print('p')\n    c.log('direct\\n')\n"
                "    try:\n        1 / 0\n    except ZeroDivisionError:\n"
                "        log.exception('caught', extra={'order': {1, 2} and 5})", b"{}"),
    "log at import": ("import logging\nlogging.error('early')\ndef handler(e, c): pass", b"{}"),
    "missing import": ("import nowhere.at_all", b"{}"),
    "import fails": ("def f():\n    raise OSError(2, 'x')\nf()", b"{}"),
    "syntax": ("def handler(e, c):\n    return (", b"{}"),
    "no handler": ("def other(e, c): pass", b"{}"),
}  # fmt: skip


@pytest.fixture
def oracle(lab: Lab, tmp_path: Path) -> OracleLauncher:
    return OracleLauncher(tmp_path)


async def both(
    lab: Lab, oracle: OracleLauncher, spec: FunctionSpec, event: bytes, **more: str
) -> None:
    """Invoke twice under each, and compare everything that can be seen."""
    seen = []
    for launcher in (None, oracle):
        # It is among this machine's packages, which private file systems have not.
        lab.new_runtime(lab.root.parent / "compared", private_file_systems=False)
        if launcher is not None:
            lab.runtime._launchers._by_runtime[spec.runtime] = launcher
        told = []
        for request_id in ("first-id", "second-id"):
            result, done = await lab.invoke(spec, event, request_id=request_id, **more)
            payload = normal(result.payload.decode("latin-1"))
            told += [payload, result.function_error, result.content_type, normal(done.log_text)]
        await lab.runtime.stop()
        seen.append(told)
    ours, theirs = seen
    assert ours == theirs


@pytest.mark.parametrize("name", CASES)
async def test_same_as_awslambdaric(lab: Lab, oracle: OracleLauncher, name: str) -> None:
    source, event = CASES[name]
    await both(lab, oracle, lab.python(source, runtime=RUNTIME), event)


@pytest.mark.parametrize("name", ["logging", "raise", "missing import", "log at import"])
async def test_same_in_json_log_format(lab: Lab, oracle: OracleLauncher, name: str) -> None:
    source, event = CASES[name]
    spec = lab.python(source, runtime=RUNTIME, log_format="JSON", application_log_level="DEBUG")
    await both(lab, oracle, spec, event)


@pytest.mark.parametrize("handler", ["app", "sys.exit", "folder/inner.handler", "app.missing"])
async def test_same_handler_lookup(lab: Lab, oracle: OracleLauncher, handler: str) -> None:
    lab.write("folder/inner.py", "def handler(e, c): return __name__")
    lab.write("app.py", "def handler(e, c): return 1")
    await both(lab, oracle, lab.spec(handler, runtime=RUNTIME), b"{}")


async def test_same_text_encoding_from_python_3_12(lab: Lab, oracle: OracleLauncher) -> None:
    """Both go by the runtime's name; whatever Python really runs it."""
    spec = lab.python(CASES["objects"][0], runtime="python3.13")
    await both(lab, oracle, spec, b'"e"')


@pytest.mark.parametrize(
    "context",
    ['{"custom": {"a": 1}, "env": {"b": 2}, "client": {"installation_id": "i"}, "w3c": '
     '{"traceparent": "t", "other": "o"}}', "{}", "{bad"],
)  # fmt: skip
async def test_same_client_context(lab: Lab, oracle: OracleLauncher, context: str) -> None:
    source = "def handler(e, c): return [repr(c.client_context), repr(c.identity), c.w3c()]"
    spec = lab.python(source, runtime=RUNTIME)
    await both(lab, oracle, spec, b"{}", client_context=context)


HOOKS = "from snapshot_restore_py import register_after_restore, register_before_snapshot\n"


@pytest.mark.parametrize(
    "source",
    [
        "done = []\n"
        "register_before_snapshot(done.append, 'first')\n"
        "register_before_snapshot(done.append, 'second')\n"
        "@register_after_restore\ndef after():\n    done.append('after')\n"
        "def handler(e, c): return [done, after.__name__, c.log_stream_name]",
        "@register_before_snapshot\ndef bad(): raise ValueError('before')\n"
        "def handler(e, c): return 1",
        "@register_after_restore\ndef bad(): raise ValueError('after')\n"
        "def handler(e, c): return 1",
    ],
    ids=["hooks", "before-snapshot fails", "after-restore fails"],
)
async def test_same_with_snapstart(lab: Lab, oracle: OracleLauncher, source: str) -> None:
    pytest.importorskip("snapshot_restore_py")
    spec = lab.python(HOOKS + source, runtime=RUNTIME, snap_start=True)
    await both(lab, oracle, spec, b"{}")
